"""Countries that headlines abbreviate to one Han character: 日총리, 韓日, 日米韓."""

import re
from collections.abc import Iterator, Mapping

COUNTRIES: Mapping[str, str] = {
    "日": "JP", "韓": "KR", "美": "US", "米": "US", "中": "CN", "北": "KP", "朝": "KP",
    "露": "RU", "英": "GB", "獨": "DE", "独": "DE", "佛": "FR", "仏": "FR", "印": "IN",
    "臺": "TW", "台": "TW", "豪": "AU", "比": "PH",
}  # fmt: skip
_HAN = "\u3400-\u9fff"
# In Korean text a lone Han character is nearly always a country; 23日 is a date.
_KOREAN = re.compile(rf"(?<![{_HAN}\d])([日韓美中北露英獨佛印臺]{{1,4}})(?![{_HAN}])")
# In Japanese text it is one only before a word of state, so that 韓田 and 日曜 are none.
_OF_STATE = (
    "大統領|首相|総理|外相|外務|国防|防衛|政府|野党|与党|国会|議員|軍|最高裁|大法院|地裁|高裁|裁判|"
    "検察|紙|メディア|側|企業|産業|警察|市民|世論|国民"
)
_JAPANESE_LONE = re.compile(rf"(?<![{_HAN}\d])([日韓米中朝])(?={_OF_STATE})")
_JAPANESE_RUN = re.compile(rf"(?<![{_HAN}\d])([日韓米中朝露英豪印比台独仏]{{2,5}})")
# Daytime, a newspaper, a baseball club: not countries when nothing else is beside them.
_NOT_COUNTRIES = frozenset({"日中", "中日", "中台", "台中", "日英"})


def abbreviated(text: str, language: str) -> Iterator[frozenset[str]]:
    """Yield the country codes of each abbreviation in ``text``: 日 {JP}, 韓日 {JP, KR}."""
    patterns = {"ko": (_KOREAN,), "ja": (_JAPANESE_RUN, _JAPANESE_LONE)}.get(language, ())
    for pattern in patterns:
        for match in pattern.finditer(text):
            if match[1] not in _NOT_COUNTRIES:
                yield frozenset(COUNTRIES[character] for character in match[1])
