from datetime import timedelta

import pytest

from bot.domain.model import Counted, CountsDiffer, Teller
from bot.summarize.counts import counts_that_differ
from tests.builders import NOW, entry

Shown = dict[Counted, list[tuple[str, Teller, tuple[int, ...]]]]


def found(*texts: str, hours_between: float = 0) -> Shown:
    """Return what differs between reports of as many outlets."""
    reports = [
        entry(
            n,
            outlet=f"outlet-{n}",
            title="What happened",
            text=text,
            published_at=NOW + timedelta(hours=hours_between * n),
        )
        for n, text in enumerate(texts, 1)
    ]
    return {one.what: _told(one) for one in counts_that_differ(reports)}


def _told(one: CountsDiffer) -> list[tuple[str, Teller, tuple[int, ...]]]:
    return [(told.value, told.teller, told.reports) for told in one.told]


@pytest.mark.parametrize(
    "text",
    [
        "A rally was held in Seoul. Police put the crowd at 500, organisers at 2,000.",
        "A rally was held. Some 500 people came, police said, and 2,000 by organizers.",
        "ソウルで集会が開かれた。参加者は警察発表で500人、主催者発表で2000人だった。",
        "광장에서 집회가 열렸다. 경찰 추산 500명, 주최 측 추산 2천 명이 모였다.",
        "광장에서 집회가 열렸다. 주최 측 추산 2000명(경찰 추산 500명)이 참가했다.",
    ],
)
def test_police_and_organisers_count_differently(text: str) -> None:
    """Within one report each number has its teller, in every language."""
    assert found(text) == {
        Counted.ATTENDED: [
            ("500", Teller.POLICE, (1,)),
            ("2000", Teller.ORGANISERS, (1,)),
        ]
    }


@pytest.mark.parametrize(
    ("texts", "what", "values"),
    [
        (
            ("Two short-range ballistic missiles were fired.", "弾道ミサイル3発を発射した。"),
            Counted.MISSILES,
            ["2", "3"],
        ),
        (
            ("About 500 people gathered at the gate.", "집회에 900여 명이 참가했다."),
            Counted.ATTENDED,
            ["500", "900"],
        ),
        (("12人が死亡した。", "사망자는 15명으로 집계됐다."), Counted.KILLED, ["12", "15"]),
        (("규모 5.6 지진이 났다.", "マグニチュード5.4の地震。"), Counted.MAGNITUDE, ["5.4", "5.6"]),
        (("The 14 plaintiffs won.", "원고 11명이 승소했다."), Counted.PLAINTIFFS, ["11", "14"]),
    ],
)
def test_outlets_count_differently(
    texts: tuple[str, ...], what: Counted, values: list[str]
) -> None:
    """Across languages, the lower number first."""
    assert [value for value, _, _ in found(*texts)[what]] == values


def test_reports_of_one_number_stand_together() -> None:
    """Each number once, with all who tell it."""
    told = found(
        "Two ballistic missiles were fired.",
        "북한이 탄도미사일 2발을 쐈다.",
        "弾道ミサイル3発が発射された。",
    )
    assert told[Counted.MISSILES] == [
        ("2", Teller.NOBODY, (1, 2)),
        ("3", Teller.NOBODY, (3,)),
    ]


@pytest.mark.parametrize(
    "texts",
    [
        # Roundings, and bounds that allow the other number.
        ("About 500 people attended.", "집회에 503명이 참가했다."),
        ("More than 500 people attended.", "集会に600人が参加した。"),
        # Two things that are counted.
        ("500 people attended.", "The factory has 900 people."),
        ("3人が死亡した。", "3명이 다쳤다. 5명이 다쳤다."),
        # A report that gives several numbers of a kind is not compared.
        ("10 people were killed. Earlier, 7 people were killed.", "12人が死亡した。"),
        # A part of the whole.
        ("The rally drew crowds, including 200 people who marched.", "集会に900人が参加した。"),
        # Money, dates and percentages are none of the kinds.
        ("The firm will pay 100 million won in 2026.", "会社は1億5000万ウォンを支払う。"),
        # Police and organisers of different things, or one of them alone.
        ("Police sent 500 officers. The organisers thanked the city.",),
        ("A rally was held. Police counted 500 people.",),
    ],
)
def test_what_is_doubtful_is_left_out(texts: tuple[str, ...]) -> None:
    """A false contradiction accuses outlets of what they did not do."""
    assert found(*texts) == {}


def test_a_toll_that_grew_is_no_contradiction() -> None:
    """Later and higher: the reports follow each other. Later and lower they do not."""
    assert found("3人が死亡した。", "5명이 숨졌다.", hours_between=3) == {}
    assert found("5人が死亡した。", "3명이 숨졌다.", hours_between=3) != {}
    assert found("3人が死亡した。", "5명이 숨졌다.", hours_between=1) != {}


def test_one_outlet_corrects_itself() -> None:
    """Two reports of one outlet contradict nobody."""
    reports = [entry(1, text="3人が死亡した。"), entry(2, text="5人が死亡した。")]
    assert counts_that_differ(reports) == ()


def test_a_hostile_report_takes_no_time() -> None:
    """Endless digits, and patterns begun over and over."""
    assert (
        found("1," * 20_000 + "2 people were killed." * 500, "police 5 organisers " * 3_000) == {}
    )
