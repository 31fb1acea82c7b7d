"""Text without what newsrooms and feeds add to it: datelines, bylines, captions, calls to click."""

import re
from collections.abc import Sequence

# A line longer than this is a paragraph: its sentences are judged one by one.
TAG_LINE = 120

# What opens a report before its first word. Each pattern is tried at the start of a line.
_DATELINES: tuple[re.Pattern[str], ...] = tuple(
    re.compile(pattern)
    for pattern in (
        # (서울=연합뉴스) 홍길동 기자 =   [서울=뉴시스]홍길동 기자 =   (ソウル=連合ニュース)
        r"[(\[［（][^()\[\]（）［］]{1,40}[=＝][^()\[\]（）［］]{1,30}[)\]］）]\s*",
        r"[가-힣A-Za-z·, ]{0,40}(?:기자|특파원|통신원|에디터|PD)\s*[=＝]\s*",
        r"[(（][가-힣·]{2,12}[)）]\s*[가-힣· ]{2,20}(?:기자|특파원)\s*[=＝]\s*",
        # 【ソウル＝山田太郎】  【ソウル聯合ニュース】  ［ソウル 12日 ロイター］ -
        r"[【［][^】］]{1,40}[】］]\s*(?:[-–—]+\s*)?",
        r"[(（][^()（）]{1,20}(?:共同|時事|ロイター|聯合ニュース|通信)[)）]\s*",
        # SEOUL, Nov. 12 (Yonhap) --   TOKYO (Reuters) -   (CNN)   MOSCOW, August 14. /TASS/.
        r"[A-Z][\w .,'’/-]{1,50}\s?\([A-Z][\w .&]{1,30}\)\s*[-–—]+\s*",
        r"\((?:CNN|AP|Reuters|AFP|Yonhap|Kyodo|UPI|NHK|Xinhua)\)\s*(?:[-–—]+\s*)?",
        r"[A-Z][\w .,'’-]{1,40}\.? /[A-Z]{2,12}/\.?\s*(?:[-–—]+\s*)?",
        r"[A-Z]{2}[A-Z .'’-]{1,25}(?:, [A-Z][\w. ]{1,20}){0,2}\s*(?:--|[–—]|-(?=\s))\s*",
        # By Hong Gil-dong, Staff writer -
        r"By [A-Z][\w.'’ -]{2,40}(?:, [\w ]{3,30})?\s+[-–—|]+\s+",
    )
)

# A line or sentence that speaks of the page and not of the event.
_FURNITURE = re.compile(
    r"""
    ^(?:read\s+(?:more|also|full)|also\s+read|see\s+also|related|watch|listen|advertisement|loading
      |sign\s+up|subscribe|follow\s+us|share\s+this|click|tap\s+here|photos?\s*[:/]|file\s+photo
      |image\s*[:/]|video\s*[:/]|copyright|©|\(?reporting\s+by|editor['’]?s\s+note|by\s+[A-Z][a-z]+
      \s[A-Z][a-z]+$|updated?\s*:|published\s*:|source\s*:|story\s+continues|recommended|most\s+read)
    |click\s+(?:here|on)|all\s+rights\s+reserved|sign\s+up\s+(?:for|to)|subscrib(?:e|ing)\s+(?:to|now)
    |catch\s+up\s+on\s+some\s+of|getty\s+images|\(ap\s+photo|/\s?reuters$|newsletter
    |^(?:▶|☞|※|▲|■|◇|◆|●|【関連|関連記事|続きを読む|もっと読む|記事全文|あわせて読|写真[はをで]?[=＝:：／/]
      |사진[=:/ ]|\[?관련\s?기사|더\s?보기|기사\s?전문|자세히\s?보기|저작권자|편집자\s?주|\(끝\))
    |無断転載|会員限定|有料会員|有料記事|クリックして|ここをクリック|購読|撮影\s?[）)]?$|提供\s?[）)]?$
    |写真提供|[（(]写真|資料写真|무단\s?전재|재배포\s?금지|클릭하(?:세요|시면|면)|구독하(?:기|세요)|구독\s?신청|제보는|사진\s?제공|자료\s?사진
    |[=/]\s?[가-힣A-Za-z ]{2,14}\s?제공|[가-힣]{2,4}\s기자\s?[=|]?\s?\S*@
    """,
    re.IGNORECASE | re.VERBOSE,
)
# Where people stand in a picture: only captions say so.
_CAPTION = re.compile(
    r"\((?:from\s)?(?:left|right|cent(?:er|re)|front|back|rear|top|bottom|pictured)\b[^)]{0,30}\)"
    r"|(?i:\bpictured\s(?:here|above|below|left|right)\b)"
    r"|(?i:\bin this (?:file )?(?:photo|image|picture)\b)"
    r"|[（(](?:左|右|中央|前列|後列)[^（）()]{0,10}[）)]|\((?:왼쪽|오른쪽|가운데|앞줄)[^()]{0,12}\)",
)

# Marks that a newsroom puts before or after a headline to say which edition of it this is.
_TAG_WORDS = (
    r"속보|긴급|단독|종합\d?보?|종합|상보|\d보|영상|포토|사진|화보|르포|인터뷰|사설|칼럼|기고|기자수첩|"
    r"速報|号外|独自|動画|写真|社説|詳報|更新|続報|"
    r"BREAKING|UPDATE\s?\d*|UPDATED|EXCLUSIVE|LEAD|LD|VIDEO|PHOTO|WATCH|OPINION|EDITORIAL"
)
_TAG = re.compile(rf"\s*[\[(【［（<〈]\s*(?:{_TAG_WORDS})\s*[\])】］）>〉]\s*", re.IGNORECASE)
_WORD_TAG = re.compile(
    r"^(?:BREAKING(?: NEWS)?|UPDATE\s?\d*|EXCLUSIVE|WATCH|LIVE)\s?[-:|—]\s*", re.IGNORECASE
)
_SUFFIX = re.compile(r"\s+[-–—|｜:]\s+([^-–—|｜:]{2,40})$|\s*[|｜]\s*([^|｜]{2,30})$")
# Outlets seen at the end of headlines whose feed names itself otherwise.
_OUTLET_WORDS = re.compile(
    r"(?i:\b(?:news|times|post|herald|daily|tribune|journal|today|press|agency|reuters|yonhap|kyodo"
    r"|bbc|cnn|nhk|ap|afp|kbs|mbc|sbs|ytn|jtbc|upi|world|online|guardian|asia|\w+\.(?:com|net|org|kr|jp))\b)"
    r"|新聞|ニュース|テレビ|放送|通信|NEWS|オンライン|뉴스|일보|신문|방송|경제$|닷컴"
)
_SPACES = re.compile(r"\s+")


def clean_lines(text: str) -> list[str]:
    """Return the lines of ``text`` that tell something, each without dateline and byline.

    What is kept of a line is a verbatim piece of it.
    """
    lines = (strip_dateline(line.strip()) for line in text.splitlines())
    return [line for line in lines if line and not (len(line) <= TAG_LINE and is_furniture(line))]


def strip_dateline(line: str) -> str:
    """Return ``line`` from its first own word: no place, agency or reporter before it."""
    for pattern in _DATELINES:
        match = pattern.match(line)
        if match:
            line = line[match.end() :]
    return line


def is_furniture(sentence: str) -> bool:
    """Say whether a line or sentence is part of the page: a caption, a credit, a call to click."""
    return bool(_FURNITURE.search(sentence) or _CAPTION.search(sentence))


def clean_title(title: str, sources: Sequence[str] = ()) -> str:
    """Return a headline without edition marks ("[속보]", "(종합)") and " - Outlet".

    ``sources`` are the names of outlets that may stand at its end.
    """
    cleaned = _SPACES.sub(" ", _WORD_TAG.sub("", _TAG.sub(" ", title))).strip()
    match = _SUFFIX.search(cleaned)
    if match and _names_outlet(match.group(1) or match.group(2), sources):
        cleaned = cleaned[: match.start()]
    return cleaned.strip() or title.strip()


def _names_outlet(tail: str, sources: Sequence[str]) -> bool:
    known = {source.casefold() for source in sources}
    return tail.strip().casefold() in known or bool(_OUTLET_WORDS.search(tail))
