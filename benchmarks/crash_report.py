"""Counts what the crashes did, and prints it."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.domain.model import DeliveryStatus

ROW = "{:<9} {:<11} {:<24} {:>6}"


@dataclass(kw_only=True)
class Tally:
    """What was counted on one database in one mode."""

    database: str
    mode: str
    points: Counter[str] = field(default_factory=Counter)
    others: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    deliveries: int = 0
    lost: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)
    disordered: list[str] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)
    uncertain: Counter[str] = field(default_factory=Counter)
    uncertain_there: int = 0
    seconds: float = 0.0

    @property
    def kills(self) -> int:
        """How often a process was killed."""
        return sum(self.points.values())

    def killed(self, point: str) -> None:
        """Count a kill."""
        self.points[point] += 1

    def failed(self, point: str, code: int | None) -> None:
        """Count a process that ended by itself, which none should."""
        self.failures[f"{point}: exit code {code}"] += 1

    def other(self, trouble: str, *, ended: bool) -> None:
        """Count another trouble, and whether the process bore it as it should."""
        self.others[trouble] += 1
        if not ended:
            self.failures[trouble] += 1

    def count(
        self,
        outbox: Sequence[tuple[str, str, str, str | None]],
        arrived: Sequence[tuple[str, str]],
    ) -> None:
        """Compare the outbox (channel, key, status, problem; in order) with what arrived."""
        self.deliveries = len(outbox)
        times = Counter(key for _, key in arrived)
        self.repeated = [key for key, count in times.items() if count > 1]
        wanted: dict[str, list[str]] = defaultdict(list)
        for channel, key, status, problem in outbox:
            if times[key]:
                wanted[channel].append(key)
            if status == DeliveryStatus.UNCERTAIN:
                self.uncertain[(problem or "").replace(f" {channel} ", " … ")] += 1
                self.uncertain_there += bool(times[key])
            elif status != DeliveryStatus.SENT:
                self.unfinished.append(f"{key}: {status}")
            elif not times[key]:
                self.lost.append(key)
        got: dict[str, list[str]] = defaultdict(list)
        for channel, key in arrived:
            if key not in got[channel]:
                got[channel].append(key)
        self.disordered = [channel for channel in wanted if got[channel] != wanted[channel]]

    @property
    def is_right(self) -> bool:
        """Whether nothing went wrong; uncertain is wrong only where one can find out."""
        wrong = self.lost or self.repeated or self.disordered or self.unfinished or self.failures
        return not wrong and (self.mode == "blind" or not self.uncertain)


def print_report(tallies: Sequence[Tally]) -> None:
    """Print the kills by point and what they did, by database and mode."""
    print(ROW.format("database", "mode", "killed at", "kills"))
    for tally in tallies:
        for point, count in sorted(tally.points.items()):
            print(ROW.format(tally.database, tally.mode, point, count))
        for trouble, count in sorted(tally.others.items()):
            print(ROW.format(tally.database, tally.mode, f"({trouble})", count))
    print()
    head = "{:<9} {:<11} {:>6} {:>10} {:>5} {:>9} {:>9} {:>11} {:>10} {:>7}"
    print(
        head.format(
            "database",
            "mode",
            "kills",
            "deliveries",
            "lost",
            "repeated",
            "uncertain",
            "out of order",
            "unfinished",
            "seconds",
        )
    )
    for one in tallies:
        print(
            head.format(
                one.database,
                one.mode,
                one.kills,
                one.deliveries,
                len(one.lost),
                len(one.repeated),
                sum(one.uncertain.values()),
                len(one.disordered),
                len(one.unfinished),
                round(one.seconds),
            )
        )
    for one in tallies:
        _print_causes(one)


def _print_causes(tally: Tally) -> None:
    where = f"{tally.database}, {tally.mode}"
    for problem, count in tally.uncertain.items():
        there = f"{tally.uncertain_there} of all uncertain ones had arrived"
        print(f"{where}: {count} uncertain ({there}): {problem}")
    if missed := sum(tally.missed.values()):
        print(f"{where}: {missed} of the kills at random times had waited for a point in vain")
    for failure, count in tally.failures.items():
        print(f"{where}: FAILED {count} times: {failure}")
    for name in ("lost", "repeated", "disordered", "unfinished"):
        if found := getattr(tally, name):
            print(f"{where}: {name}: {', '.join(found[:10])}")
