"""The sentences of a story that may stand in its summary, and how fit each is to."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from bot.domain.model import Document
from bot.summarize.clean import clean_lines, is_furniture
from bot.summarize.sentences import split_sentences

# A report tells its news early; what is further down is rarely chosen and costs time to weigh.
MAX_PER_DOCUMENT = 12
MAX_CANDIDATES = 60
# Fewer than this says nothing; more is not read in a digest (characters that are not spaces).
SHORTEST = {"ja": 10, "ko": 10}
SHORTEST_ELSEWHERE = 20
LONGEST = 600
# Characters of a report that are read at all: a hostile one may be endless.
READ = 8000

_CUT = re.compile(r"(?:\.\.\.|…|‥|\[\.\.\.\]|\[…\])[\"'”’」』)\]]*$")
_TERMINATED = re.compile(r"[.!?。！？][\"'”’」』)\]）]*$|[」』]$")
# Markup of any platform, addresses, and characters that change how text is shown.
_MARKUP = re.compile(
    r"[<>`\u0000-\u0008\u000e-\u001f\u200e\u200f\u202a-\u202e\u2066-\u2069]"
    r"|https?:|www\.|javascript:|\]\(|&(?:[a-z]{2,8}|#\w{1,6});|\w@\w|\*\S[^*]*\*|\|\||~~|__|\{\{|\[\["
    r"|@(?:everyone|here|channel)\b",
    re.IGNORECASE,
)
_MARKS = re.compile(
    r"<[^<>]*>|https?:\S*|[<>`*|~@\u0000-\u0008\u000e-\u001f\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
# A whole tag or mention before a sentence; what follows it stands on its own.
_LEADING_TAG = re.compile(r"^(?:<[^<>]{1,80}>\s*)+")
# Text that speaks to a machine and not to a reader.
_INSTRUCTION = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:instruction|prompt|rule|guideline|above|previous)"
    r"|\bsystem\s?prompt\b|\b(?:system|assistant|user)\s?:|\byou\s+(?:are|must|should)\s+now\b"
    r"|\b(?:language model|as an ai|ai (?:assistant|model|system|summarizer))\b.{0,60}"
    r"\b(?:must|should|please|output|write|say|respond|include|ignore|post|you)\b"
    r"|\bnew instructions?\b|\bdo not (?:summari[sz]e|mention|cite)\b"
    r"|^(?:please )?(?:summari[sz]e|translate|output|respond|reply|write|print|repeat|post)\b"
    r".{0,40}\b(?:this|the (?:following|text|article|summary)|only|exactly|with)\b"
    r"|(?:指示|命令|プロンプト|ルール)(?:を|は|に)?(?:すべて|全て)?(?:無視|忘れ|従わ|上書き)"
    r"|(?:要約|出力|回答|翻訳|投稿)(?:して|しろ|せよ)(?:ください)?[。!！]?$"
    r"|(?:지시|명령|프롬프트|규칙)(?:사항)?(?:을|를|은|는)?\s?(?:모두\s?|전부\s?)?(?:무시|잊|따르지)"
    r"|(?:요약|출력|답변|번역|게시)(?:하라|하세요|하십시오|해\s?줘|해\s?주세요|하시오)",
    re.IGNORECASE,
)
# An opening that leans on a sentence before it.
_LEANING = re.compile(
    r"[\"“'‘「『(]*(?:"
    r"(?:he|she|it|they|his|her|their|its|this|that|these|those|him|them|such|but|and|so|or|yet"
    r"|however|meanwhile|also|then|there|moreover|furthermore|in addition|instead|still|nor"
    r"|we|i|you|our|my|the (?:former|latter|two|pair|move|decision|report|statement|three)"
    r"|both|another|others?|as a result|for example|in response|why it matters)\b"
    r"|그는|그녀는|그의|이는|이에|이어|또|또한|그러나|하지만|그러면서|그러자|그런데|그래서|따라서|한편"
    r"|반면|아울러|다만|이로써|이와|이를|이런|이같은|이 같은|해당|앞서|이들은|여기에|그동안"
    r"|これ|それ|この|その|こうした|同氏|同社|同省|同日|彼|彼女|氏は|また|しかし|一方|さらに|このため"
    r"|なお|ただ|だが|そして|次い|続いて)",
    re.IGNORECASE,
)
# A subject of the third person inside a sentence, and who it may be: somebody named before it
# in the same sentence. A place after a preposition is nobody.
_PRONOUN = {
    "en": re.compile(r"\b(?:he|she)\b"),
    "ja": re.compile(r"(?:同氏|同相|彼女?)(?=[はがも])"),
    "ko": re.compile(r"(?<![가-힣])그(?:녀)?(?:는|가)(?![가-힣])"),
}
_SOMEBODY = {
    "en": re.compile(
        r"(?<!\b[iIoO]n )(?<!\b[aA]t )(?<!\bto )(?<!\bof )(?<!\bfrom )(?<!^)(?<![“\"‘(])"
        r"\b[A-Z][\w’'-]+"
        r"|^[“\"‘(]*(?!In |On |At |After |From )(?:[A-Z][\w’'.-]+ ){1,3}[A-Z][\w’'-]+"
        r"|^[A-Z][\w’'-]+ (?:said|says|told|added|warned|wrote|argued|promised|vowed|called)\b"
        r"|\b(?:man|woman|minister|president|leader|spokes\w+|official|lawyer|professor|plaintiff"
        r"|victim|survivor|singer|actor|player|lawmaker|mayor|governor|ambassador)\b"
    ),
    "ja": re.compile(
        r"氏|さん|首相|大統領|外相|大臣|[長員]官?(?=[はがも、])|議員|大使|知事|市長|教授"
    ),
    "ko": re.compile(
        r"[가-힣]{1,4} ?(?:대통령|총리|장관|대표|의원|위원장|교수|대변인|씨|지사|시장|회장|대사)"
    ),
}
_OPENING_PRONOUN = re.compile(
    r"[\"“'‘「『(]*(?:(?:he|she|his|her|it)\b|그는|그녀는|그가|그의|同氏|同相|彼|氏は)",
    re.IGNORECASE,
)
_SCRIPTS = {
    "ja": re.compile(r"[\u3040-\u30ff]"),
    "ko": re.compile(r"[가-힣]"),
    "zh": re.compile(r"[\u4e00-\u9fff]"),
}
_CJK = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff가-힣]")


class Fitness(IntEnum):
    """How well a sentence can stand in a summary; a lower kind serves only without a higher."""

    WHOLE = 2
    UNTERMINATED = 1
    CUT = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A sentence, the document it stands in (its index), and its place there from 0.

    ``leaning``: it opens as one that follows another; ``dangling``: it speaks of somebody
    whom it does not name.
    """

    text: str
    document: int
    position: int
    leaning: bool
    fitness: Fitness
    dangling: bool = False


def candidates(documents: Sequence[Document], language: str) -> list[Candidate]:
    """Return the sentences in ``language`` that are fit, all of the best kind there is.

    Left out are furniture of pages, markup, addresses, instructions to machines, headings and
    text in another script. At most ``MAX_CANDIDATES``, evenly the first of each document.
    """
    found = [
        candidate
        for index, document in enumerate(documents)
        if document.language == language
        for candidate in _of_document(index, document)
    ]
    best = max((candidate.fitness for candidate in found), default=Fitness.WHOLE)
    kept = [candidate for candidate in found if candidate.fitness == best]
    return _first_of_each(kept)


def sentences_of(text: str) -> list[str]:
    """Return the sentences of a report's text, without datelines, page furniture, leading tags."""
    lines = clean_lines(text[:READ])
    return [_LEADING_TAG.sub("", piece) for line in lines for piece in split_sentences(line)]


def is_safe(text: str) -> bool:
    """Say whether a text carries no markup, no address and no instruction to a machine."""
    return not (_MARKUP.search(text) or _INSTRUCTION.search(text))


def without_markup(text: str) -> str:
    """Return ``text`` without tags and the marks of any platform, for want of a safe text."""
    return " ".join(_MARKS.sub(" ", text).split())


def in_script(text: str, language: str) -> bool:
    """Say whether ``text`` is written as ``language`` is."""
    if language in _SCRIPTS:
        return bool(_SCRIPTS[language].search(text))
    return len(_CJK.findall(text)) * 2 < len(text)


def _of_document(index: int, document: Document) -> list[Candidate]:
    pieces = sentences_of(document.text)
    whole_text = len(pieces) == 1
    fit = [piece for piece in pieces if _is_fit(piece, document.language)]
    return [
        Candidate(
            text=piece,
            document=index,
            position=position,
            leaning=bool(_LEANING.match(piece)),
            dangling=_dangles(piece, document.language),
            fitness=fitness,
        )
        for position, piece in enumerate(fit[:MAX_PER_DOCUMENT])
        if (fitness := _fitness(piece, whole_text=whole_text)) is not None
    ]


def _dangles(piece: str, language: str) -> bool:
    """Say whether a sentence speaks of a "he", "그는" or 同氏 whom only one before it names."""
    if _OPENING_PRONOUN.match(piece):
        return True
    pronoun = _PRONOUN[language].search(piece) if language in _PRONOUN else None
    return pronoun is not None and not _SOMEBODY[language].search(piece[: pronoun.start()])


def _is_fit(piece: str, language: str) -> bool:
    length = len("".join(piece.split()))
    return (
        SHORTEST.get(language, SHORTEST_ELSEWHERE) <= length <= LONGEST
        and in_script(piece, language)
        and is_safe(piece)
        and not is_furniture(piece)
    )


def _fitness(piece: str, *, whole_text: bool) -> Fitness | None:
    """Tell a whole sentence from a cut one; a heading between paragraphs is none at all."""
    if _CUT.search(piece):
        return Fitness.CUT
    if _TERMINATED.search(piece):
        return Fitness.WHOLE
    return Fitness.UNTERMINATED if whole_text else None


def _first_of_each(found: Sequence[Candidate]) -> list[Candidate]:
    """Keep the earliest sentences of every document, within the cap, in their order."""
    earliest = sorted(found, key=lambda candidate: (candidate.position, candidate.document))
    kept = set(earliest[:MAX_CANDIDATES])
    return [candidate for candidate in found if candidate in kept]
