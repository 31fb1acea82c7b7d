"""Counts what the crashes did, and prints it.

What was lost or repeated is counted from what the harness asked for and what the platforms
list: the bot's own tables are asked only for what it calls uncertain, and why.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.domain.model import DeliveryStatus

# (channel, label): one part of one slot's digest in one destination.
Part = tuple[str, str]

# A point that was aimed at so often and never met is not in the code any more.
SURELY_MET = 4


@dataclass(frozen=True, kw_only=True)
class Told:
    """What the bot's outbox says of a part."""

    status: str
    problem: str | None


@dataclass(kw_only=True)
class Tally:
    """What was counted on one database with one kind of platform."""

    database: str
    kind: str
    can_tell: bool = True
    points: Counter[str] = field(default_factory=Counter)
    aimed: Counter[str] = field(default_factory=Counter)
    others: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    upsets: Counter[str] = field(default_factory=Counter)
    unmodified: int = 0
    expected: int = 0
    lost: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)
    disordered: list[str] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)
    uncertain: Counter[str] = field(default_factory=Counter)
    uncertain_there: int = 0
    history_read: int = 0
    repeats_dropped: int = 0
    seconds: float = 0.0

    @property
    def kills(self) -> int:
        """How often a process was killed."""
        return sum(self.points.values())

    def killed(self, point: str, *, unmodified: bool = False) -> None:
        """Count a kill."""
        self.points[point] += 1
        self.unmodified += unmodified

    def failed(self, point: str, code: int | None) -> None:
        """Count a process that ended by itself, which none should."""
        self.failures[f"{point}: exit code {code}"] += 1

    def other(self, trouble: str, **must: bool) -> None:
        """Count another trouble, and whether all that it must show was so."""
        self.others[trouble] += 1
        for name, is_so in must.items():
            if not is_so:
                self.failures[f"{trouble}: not {name.replace('_', ' ')}"] += 1

    def count(
        self,
        expected: Mapping[str, Sequence[str]],
        arrived: Iterable[Part],
        told: Mapping[Part, Told],
    ) -> None:
        """Compare what each channel must get, in order, with what arrived."""
        got: dict[str, list[str]] = defaultdict(list)
        times: Counter[Part] = Counter()
        for channel, label in arrived:
            times[channel, label] += 1
            if times[channel, label] == 1:
                got[channel].append(label)
        wanted = {(channel, label) for channel, labels in expected.items() for label in labels}
        self.expected = len(wanted)
        self.repeated = sorted(_name(part) for part, count in times.items() if count > 1)
        self.strange = sorted(_name(part) for part in times.keys() - wanted)
        self.disordered = [
            channel
            for channel, labels in expected.items()
            if [label for label in got[channel] if label in labels]
            != [label for label in labels if times[channel, label]]
        ]
        self._ask_the_bot(wanted, times, told)

    def _ask_the_bot(
        self, wanted: Iterable[Part], times: Mapping[Part, int], told: Mapping[Part, Told]
    ) -> None:
        for part in sorted(wanted):
            said = told.get(part)
            if said is not None and said.status == DeliveryStatus.UNCERTAIN:
                self.uncertain[(said.problem or "").replace(f" {part[0]} ", " … ")] += 1
                self.uncertain_there += times.get(part, 0) > 0
            elif not times.get(part):
                self.lost.append(_name(part))
            elif said is not None and said.status != DeliveryStatus.SENT:
                self.unfinished.append(f"{_name(part)}: {said.status}")

    @property
    def unmet(self) -> list[str]:
        """The points at which processes were to die and never did."""
        return [p for p, aims in self.aimed.items() if aims >= SURELY_MET and not self.points[p]]

    @property
    def is_right(self) -> bool:
        """Whether nothing went wrong; uncertain is wrong only where one can find out."""
        wrong = self.lost or self.repeated or self.strange or self.disordered or self.unfinished
        return not (wrong or self.failures or self.unmet) and not (self.can_tell and self.uncertain)


def _name(part: Part) -> str:
    return " ".join(part)


def print_report(tallies: Sequence[Tally]) -> None:
    """Print the kills by point and what they did, a table for each database."""
    for database in dict.fromkeys(tally.database for tally in tallies):
        of_it = [tally for tally in tallies if tally.database == database]
        _print_table(database, of_it)
        for tally in of_it:
            _print_causes(tally)
        print()


def _print_table(database: str, tallies: Sequence[Tally]) -> None:
    names = dict.fromkeys(point for tally in tallies for point in tally.points)
    troubles = dict.fromkeys(trouble for tally in tallies for trouble in tally.others)
    rows: list[tuple[str, list[int]]] = [(n, [t.points[n] for t in tallies]) for n in sorted(names)]
    rows.append(("kills", [tally.kills for tally in tallies]))
    rows.append(("… of `python -m bot` as it is", [tally.unmodified for tally in tallies]))
    rows += [(f"({n})", [t.others[n] for t in tallies]) for n in sorted(troubles)]
    rows += [
        ("(requests upset)", [sum(tally.upsets.values()) for tally in tallies]),
        ("history read", [tally.history_read for tally in tallies]),
        ("repeats dropped there", [tally.repeats_dropped for tally in tallies]),
        ("parts of digests", [tally.expected for tally in tallies]),
        ("lost", [len(tally.lost) for tally in tallies]),
        ("repeated", [len(tally.repeated) for tally in tallies]),
        ("out of order", [len(tally.disordered) for tally in tallies]),
        ("uncertain", [sum(tally.uncertain.values()) for tally in tallies]),
        ("… of which had arrived", [tally.uncertain_there for tally in tallies]),
        ("seconds", [round(tally.seconds) for tally in tallies]),
    ]
    print("| " + " | ".join([database, *(tally.kind for tally in tallies), "all"]) + " |")
    print("| --- |" + " ---: |" * (len(tallies) + 1))
    for name, counts in rows:
        print("| " + " | ".join([name, *map(str, counts), str(sum(counts))]) + " |")


def _print_causes(tally: Tally) -> None:
    where = f"{tally.database}, {tally.kind}"
    for problem, count in tally.uncertain.items():
        print(f"{where}: {count} uncertain: {problem}")
    for failure, count in tally.failures.items():
        print(f"{where}: FAILED {count} times: {failure}")
    for name in ("lost", "repeated", "strange", "disordered", "unfinished", "unmet"):
        if found := getattr(tally, name):
            print(f"{where}: {name}: {len(found)}: {', '.join(found[:10])}")
