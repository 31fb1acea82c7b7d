"""The closed lists: languages and issues."""

from enum import StrEnum


class Language(StrEnum):
    """A language that readers and summaries use. Entries may have any ISO 639-1 code."""

    EN = "en"
    JA = "ja"
    KO = "ko"


class Issue(StrEnum):
    """A story's subject within the topic."""

    SUMMIT_DIPLOMACY = "summit-diplomacy"
    HISTORY_FORCED_LABOUR = "history-forced-labour"
    HISTORY_COMFORT_WOMEN = "history-comfort-women"
    TERRITORY = "territory-dokdo-takeshima"
    YASUKUNI_TEXTBOOKS = "yasukuni-textbooks"
    FUKUSHIMA = "fukushima-water-food"
    TRADE = "trade-economy-tech"
    SECURITY = "security-trilateral"
    NORTH_KOREA = "north-korea"
    CULTURE = "culture-people"
    COURTS = "courts"
    OTHER = "other"
