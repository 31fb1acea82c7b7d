"""Slash commands, as members of a server type them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.commands.desk import Desk
from bot.domain.errors import InputError, NotFoundError, StorageError
from bot.domain.model import Language
from bot.platforms.discord.client import DiscordPlatform
from bot.platforms.discord.render import digest_pages
from bot.rendering.texts import load_texts
from tests.fakes.discord_rest import texts_of
from tests.platforms.discord.conftest import KeptHash, Server, causes, subscribe, subscriptions
from tests.rendering.conftest import LOCALES, a_digest


def acknowledgements(server: Server) -> list[Any]:
    return [call.json for call in server.env.http_requests if call.path.endswith("/callback")]


@pytest.fixture
def speaking(server: Server, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let the members' Discord be in another language: the simulated one is English."""
    emit = server.env.backend.emit

    def speak(locale: str) -> None:
        monkeypatch.setattr(
            server.env.backend,
            "emit",
            lambda event, payload: emit(event, {**payload, "locale": locale}),
        )

    return speak


async def test_news_shows_the_stories_to_the_one_who_asked(
    server: Server, stored_story: int
) -> None:
    """Acknowledged at once, then filled in; nothing from a feed mentions or formats."""
    result = await server.member.slash(server.channel, "news", topic="japan-korea", since="2d")
    assert acknowledgements(server) == [{"type": 5, "data": {"flags": 64}}]
    assert result.ephemeral
    texts = texts_of(result.response.components)
    assert "Japan–Korea relations" in texts[0]
    assert "Leaders meet in Seoul" in texts[1]
    assert f"`/story {stored_story}`" in texts[1]


async def test_story_lists_every_report_harmlessly(server: Server, stored_story: int) -> None:
    """Headlines are shown as they are: no mention, no bold."""
    result = await server.member.slash(server.channel, "story", id=stored_story)
    texts = "\n".join(texts_of(result.response.components))
    assert "everyone \\*\\*bold\\*\\* news" in texts
    assert "@everyone" not in texts


async def test_an_unknown_story_is_explained(server: Server) -> None:
    """One sentence in place of the spinner."""
    result = await server.member.slash(server.channel, "story", id=99)
    assert "There is no story 99" in result.response.content
    assert causes(server) == [NotFoundError]


async def test_an_unknown_topic_is_explained_without_mentions(server: Server) -> None:
    """What a user typed comes back as text, not as markup."""
    result = await server.member.slash(server.channel, "news", topic="@everyone **x**")
    assert "There is no topic" in result.response.content
    assert "@everyone" not in result.response.content
    assert "**x**" not in result.response.content
    assert causes(server) == [NotFoundError]


async def test_options_are_suggested(server: Server, desk: Desk) -> None:
    """Topics by title or id, zones by any part, subscriptions in words."""
    await subscribe(server)
    topics = await server.manager.autocomplete(server.channel, "news", "topic", "relat")
    assert [choice["value"] for choice in topics] == ["japan-korea"]
    zones = await server.manager.autocomplete(
        server.channel, "digest subscribe", "zone", "new york", topic="japan-korea"
    )
    assert [choice["value"] for choice in zones] == ["America/New_York"]
    issues = await server.manager.autocomplete(
        server.channel, "digest subscribe", "issues", "courts, yasu", topic="japan-korea"
    )
    assert [choice["value"] for choice in issues] == ["courts, yasukuni-textbooks"]
    outlets = await server.manager.autocomplete(server.channel, "digest change", "outlets", "hanb")
    assert [choice["value"] for choice in outlets] == ["Hanbit Ilbo"]
    [mine] = await server.manager.autocomplete(server.channel, "digest pause", "id", "news")
    [made] = await subscriptions(desk, server)
    assert mine["value"] == made.id
    assert "#news" in mine["name"]


@pytest.mark.parametrize(
    ("locale", "said"), [("ja", "登録がありません"), ("ko", "구독이 없습니다")]
)
async def test_answers_are_in_the_users_language(
    server: Server, speaking: Callable[[str], None], locale: str, said: str
) -> None:
    """As the user's Discord is set."""
    speaking(locale)
    listed = await server.manager.slash(server.channel, "digest list")
    assert said in listed.response.content


async def test_news_is_told_in_the_users_language(
    server: Server, speaking: Callable[[str], None], stored_story: int
) -> None:
    """Heading and labels are Japanese; headlines stay what the sources wrote."""
    speaking("ja")
    result = await server.member.slash(server.channel, "news", topic="japan-korea", since="2d")
    assert "日韓関係" in texts_of(result.response.components)[0]


async def test_an_unexpected_error_is_answered_neutrally(
    server: Server, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Users get one sentence, never a traceback; a database that is locked says so itself."""
    monkeypatch.setattr(type(desk), "news", failing(ZeroDivisionError("secret detail")))
    result = await server.member.slash(server.channel, "news", topic="japan-korea")
    assert "Something went wrong" in result.response.content
    assert "secret" not in result.response.content
    monkeypatch.setattr(type(desk), "news", failing(StorageError("The database is locked.")))
    result = await server.member.slash(server.channel, "news", topic="japan-korea")
    assert result.response.content == "The database is locked."
    assert causes(server) == [ZeroDivisionError, StorageError]


def failing(error: Exception) -> Callable[..., Any]:
    async def fail(*args: object, **kwargs: object) -> None:
        raise error

    return fail


async def test_a_refused_layout_is_answered_in_plain_text(
    server: Server, stored_story: int
) -> None:
    """The headlines are there all the same."""
    server.env.inject_error("PATCH", "/webhooks/*", status=400, code=50035)
    result = await server.member.slash(server.channel, "news", topic="japan-korea", since="2d")
    assert "Leaders meet in Seoul" in result.response.content


async def test_a_refused_further_page_comes_in_plain_text(
    server: Server, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a message of its own: Discord takes no plain text into the layout that is there."""
    digest = a_digest(Language.EN)
    long = replace(digest, items=digest.items * 5)
    pages = digest_pages(long, load_texts(LOCALES)["en"])
    monkeypatch.setattr(type(desk), "news", answering(long))
    server.env.inject_error("POST", "/webhooks/*", status=400, code=50035)
    result = await server.member.slash(server.channel, "news", topic="japan-korea", since="2d")
    edits = [call.json for call in server.env.http_requests if call.method == "PATCH"]
    assert ["content" in (edit or {}) for edit in edits] == [False]
    assert result.response.components
    assert len(result.followups) == len(pages) - 1 > 0
    assert [m.content for m in result.followups] == [
        pages[1].plain,
        *[""] * (len(pages) - 2),
    ]


def answering(value: object) -> Callable[..., Any]:
    async def answer(*args: object, **kwargs: object) -> object:
        return value

    return answer


async def test_news_answers_in_direct_messages(server: Server, stored_story: int) -> None:
    """No server is needed to look something up."""
    result = await server.member.user.slash("news", topic="japan-korea", since="2d")
    assert "Leaders meet in Seoul" in "".join(texts_of(result.response.components))


async def test_a_restarted_bot_answers_and_syncs_nothing_anew(
    server: Server, make_platform: Callable[..., DiscordPlatform], kept_hash: KeptHash
) -> None:
    """Discord allows few updates of commands: only changed ones are sent."""
    await subscribe(server)
    await server.env.restart_bot(make_platform().client)
    listed = await server.manager.slash(server.channel, "digest list")
    assert "daily at 08:00" in listed.response.content
    assert len(syncs(server)) == 1
    kept_hash.value = "of an earlier version"
    await server.env.restart_bot(make_platform().client)
    assert len(syncs(server)) == 2


def syncs(server: Server) -> list[Any]:
    return [call for call in server.env.http_requests if call.method == "PUT"]


async def test_commands_are_described_in_three_languages(server: Server) -> None:
    """Every text of every command within Discord's 100 characters."""
    [sync] = syncs(server)
    described = list(descriptions(sync.json))
    assert len(described) > 20
    for said in described:
        assert set(said["description_localizations"]) == {"ja", "ko"}
        texts = [said["description"], *said["description_localizations"].values()]
        assert all(0 < len(text) <= 100 for text in texts)


async def test_commands_are_within_discords_limits(server: Server) -> None:
    """25 options, and 8000 characters of names, descriptions and values for each command.

    https://docs.discord.com/developers/interactions/application-commands#slash-commands
    """
    [sync] = syncs(server)
    for command in sync.json:
        assert characters(command) <= 8000
        for option in [command, *descriptions([command])]:
            assert len(option.get("options", [])) <= 25


def characters(said: dict[str, Any]) -> int:
    """Count as Discord does: of each text the longest of its languages."""
    own = sum(
        max(map(len, [str(said.get(key, "")), *(said.get(f"{key}_localizations") or {}).values()]))
        for key in ("name", "description", "value")
    )
    return own + sum(map(characters, [*said.get("options", []), *said.get("choices", [])]))


def descriptions(options: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [found for o in options for found in (o, *descriptions(o.get("options", [])))]


async def test_search_shows_the_reports_that_match(server: Server, stored_story: int) -> None:
    """Acknowledged at once, seen by the asker alone, harmless, with the story's number."""
    result = await server.member.slash(server.channel, "search", query='"bold news"')
    assert acknowledgements(server) == [{"type": 5, "data": {"flags": 64}}]
    texts = "\n".join(texts_of(result.response.components))
    assert "everyone \\*\\*bold\\*\\* news" in texts
    assert "@everyone" not in texts
    assert f"`/story {stored_story}`" in texts
    assert "1 story from 1 report" in texts


async def test_a_search_that_finds_nothing_says_so_harmlessly(
    server: Server, stored_story: int
) -> None:
    """What was typed comes back as text."""
    result = await server.member.slash(server.channel, "search", query="@everyone **xyzzy**")
    assert "Nothing was found" in result.response.content
    assert "@everyone" not in result.response.content
    assert "**xyzzy**" not in result.response.content


async def test_a_search_is_narrowed_by_its_options(server: Server, stored_story: int) -> None:
    """By time, language, issue and outlet; what cannot be read is explained."""
    narrow = {"since": "2d", "language": "en", "issue": "summit-diplomacy", "outlet": "hanbit"}
    result = await server.member.slash(server.channel, "search", query="seoul", **narrow)
    assert "Leaders meet in Seoul" in "\n".join(texts_of(result.response.components))
    result = await server.member.slash(server.channel, "search", query="seoul", issue="courts")
    assert "Nothing was found" in result.response.content
    result = await server.member.slash(server.channel, "search", query="!!!")
    assert "nothing to search for" in result.response.content
    assert causes(server) == [InputError]


async def test_a_search_is_answered_in_the_users_language(
    server: Server, speaking: Callable[[str], None], stored_story: int
) -> None:
    """The heading is Korean; the headlines stay what the sources wrote."""
    speaking("ko")
    result = await server.member.slash(server.channel, "search", query="seoul")
    texts = texts_of(result.response.components)
    assert "검색: seoul" in texts[0]
    assert "Leaders meet in Seoul" in "\n".join(texts)
