"""The languages of Discord's users, and the texts of commands in each of them."""

from collections.abc import Mapping

import discord
from discord import app_commands

from bot.domain.model import Issue, Language
from bot.rendering.texts import Texts

# Discord's locales that we speak; readers of all others get the instance's language.
LANGUAGES = {
    discord.Locale.american_english: Language.EN,
    discord.Locale.british_english: Language.EN,
    discord.Locale.japanese: Language.JA,
    discord.Locale.korean: Language.KO,
}

KEY = "key"


class Words:
    """The catalogues, as commands and their answers need them."""

    def __init__(self, texts: Mapping[str, Texts], default: Language) -> None:
        self._texts = texts
        self._default = default

    def describe(self, key: str) -> app_commands.locale_str:
        """Return the English text of ``discord.KEY``, to be translated for the others."""
        full = f"discord.{key}"
        return app_commands.locale_str(self._texts[Language.EN].say(full), **{KEY: full})

    def options(self, command: str, *names: str) -> dict[str, app_commands.locale_str]:
        """Return the descriptions of a command's options by their names."""
        return {name: self.describe(f"commands.{command}_{name}") for name in names}

    def choices(self, kind: str, *values: str) -> list[app_commands.Choice[str]]:
        """Return an option's values with their names."""
        return [
            app_commands.Choice(name=self.describe(f"{kind}.{value}"), value=value)
            for value in values
        ]

    def issues(self) -> list[app_commands.Choice[str]]:
        """Return the issues with their names."""
        english = self._texts[Language.EN]
        return [
            app_commands.Choice(
                name=app_commands.locale_str(english.issue(issue), **{KEY: f"issues.{issue}"}),
                value=issue.value,
            )
            for issue in Issue
        ]

    def texts_for(self, interaction: discord.Interaction) -> Texts:
        """Return the catalogue of the user's language, or the instance's own."""
        return self._texts[language_of(interaction) or self._default]

    def texts_in(self, language: Language) -> Texts:
        """Return the catalogue of a language."""
        return self._texts[language]


class Translator(app_commands.Translator):
    """Gives Discord the Japanese and Korean texts of the commands."""

    def __init__(self, texts: Mapping[str, Texts]) -> None:
        self._texts = texts

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        """Return the text in that locale; None leaves it as it is."""
        key, language = string.extras.get(KEY), LANGUAGES.get(locale)
        if key is None or language in {None, Language.EN}:
            return None
        return self._texts[language].say(key) if language else None


def language_of(interaction: discord.Interaction) -> Language | None:
    """Return the user's language, where it is one of ours."""
    return LANGUAGES.get(interaction.locale)
