"""A second pair of countries, from entries to a digest: its file alone is added."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.domain.compose import DigestRequest
from bot.domain.growth import Joined
from bot.domain.model import Digest, FeedSpec, Issue, Language, Outlet
from bot.domain.outlets import Outlets
from bot.jobs.read_entries import EntryReaders, read_entries
from bot.jobs.write_digests import DigestWriter
from bot.settings import bundled_config, load_settings
from bot.storage import entries, feeds
from bot.storage.database import Database
from bot.summarize.extractive import ExtractiveSummarizer
from bot.understanding.reader import Reader
from bot.understanding.vectors import load_encoder
from tests.builders import NOW, parsed

# As docs/self-hosting.md has it: a folder beside the one that comes with Strait.
SETTINGS = load_settings({"STRAIT_CONFIG_DIR": str(bundled_config() / "more")})


@dataclass(frozen=True, kw_only=True)
class News:
    """An entry as a feed carries it, in words of our own."""

    outlet: str
    language: str
    title: str
    text: str
    hours_ago: int


PAIRS = ("japan-korea", "japan-china")
COUNTRIES = {"bund": "CN", "tokyo": "JP", "han": "KR"}
OUTLETS = (
    Outlet(id="bund", name="Bund Daily", country="CN", languages=("en",)),
    Outlet(id="tokyo", name="Tokyo Morning Post", country="JP", languages=("ja",)),
    Outlet(id="han", name="Hangang Times", country="KR", languages=("ko",)),
)
SEAFOOD = (
    News(
        outlet="bund",
        language="en",
        title="China lifts ban on Japanese seafood after foreign ministers' talks in Beijing",
        text="Beijing will allow imports of Japanese scallops and fish again from next week.",
        hours_ago=20,
    ),
    News(
        outlet="tokyo",
        language="ja",
        title="中国、日本産水産物の輸入を再開へ 日中外相会談で合意",
        text="中国政府は来週から日本産のホタテや魚の輸入を再び認める。北京での会談で伝えた。",
        hours_ago=19,
    ),
    News(
        outlet="han",
        language="ko",
        title="중국, 일본산 수산물 수입 재개…중일 외교장관 회담서 합의",
        text="중국 정부는 다음 주부터 일본산 가리비와 생선의 수입을 다시 허용한다.",
        hours_ago=18,
    ),
)
SENKAKU = News(
    outlet="tokyo",
    language="ja",
    title="尖閣沖の領海に中国海警船4隻、日本政府が大使を呼び抗議",
    text="海上保安庁によると、4隻は沖縄県の尖閣諸島沖で漁船を追い、2時間後に領海を出た。",
    hours_ago=3,
)
SEOUL = News(
    outlet="han",
    language="ko",
    title="한일 정상회담, 서울서 셔틀외교 재개 합의",
    text="두 정상은 해마다 서로 방문하기로 했다.",
    hours_ago=2,
)
SPORT = News(
    outlet="bund",
    language="en",
    title="China beat Japan 3-1 in the women's volleyball final",
    text="The home team won its third title in Ningbo.",
    hours_ago=1,
)


def make_reader(topic: str, remembered: Sequence[Joined], new_id: Callable[[], int]) -> Reader:
    return Reader(
        topic=SETTINGS.topics[topic],
        names=SETTINGS.names,
        encoder=load_encoder("use"),
        new_story_id=new_id,
        remembered=remembered,
    )


async def poll(database: Database, news: Sequence[News]) -> None:
    """Save entries as the feeds of three countries carry them."""
    async with database.write() as connection:
        for number, one in enumerate(news, start=1):
            address = f"https://{one.outlet}.example/rss"
            spec = FeedSpec(url=address, name=one.outlet, outlet=one.outlet)
            item = parsed(
                number,
                title=one.title,
                text=one.text,
                language=one.language,
                published_at=NOW - timedelta(hours=one.hours_ago),
            )
            feed = await feeds.add(connection, spec, countries=COUNTRIES, now=NOW)
            await entries.save_parsed(connection, feed, [item], outlets=Outlets(OUTLETS), now=NOW)


async def digest(database: Database, topic: str, language: Language) -> Digest:
    request = DigestRequest(
        topic=SETTINGS.topics[topic],
        language=language,
        zone="Asia/Tokyo",
        since=NOW - timedelta(days=1),
        until=NOW + timedelta(minutes=1),
        max_stories=10,
        max_words=60,
        told={},
    )
    return await DigestWriter(database, ExtractiveSummarizer()).write(request)


def told(digest: Digest) -> list[list[str]]:
    """Return whose reports each story has."""
    return [[source.outlet_name for source in item.sources] for item in digest.items]


async def test_each_pair_has_its_own_digest(sqlite_database: Database) -> None:
    """Three reports of one event in three languages are one story, told with its two sides."""
    await poll(sqlite_database, [*SEAFOOD, SENKAKU, SEOUL, SPORT])
    await read_entries(database=sqlite_database, readers=EntryReaders(PAIRS, make_reader), now=NOW)
    china = await digest(sqlite_database, "japan-china", Language.EN)
    assert (china.topic_title, china.sides) == ("Japan–China relations", ("CN", "JP"))
    assert told(china) == [
        ["Bund Daily", "Tokyo Morning Post", "Hangang Times"],
        ["Tokyo Morning Post"],
    ]
    assert [item.issue for item in china.items] == [Issue.FUKUSHIMA, Issue.SECURITY]
    assert "scallops" in china.items[0].sentences[0].text


async def test_the_other_pairs_news_stays_in_its_own_digest(sqlite_database: Database) -> None:
    """Both topics read the same entries; sport between two countries is in neither digest."""
    await poll(sqlite_database, [*SEAFOOD, SENKAKU, SEOUL, SPORT])
    await read_entries(database=sqlite_database, readers=EntryReaders(PAIRS, make_reader), now=NOW)
    korea = await digest(sqlite_database, "japan-korea", Language.KO)
    assert korea.sides == ("KR", "JP")
    assert [item.headline for item in korea.items] == [SEOUL.title]
