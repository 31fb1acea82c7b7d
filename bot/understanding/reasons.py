"""What moved a relevance, in words that a reader understands."""

from collections.abc import Iterator, Mapping

# The log-odds of an entry's vector, fitted beside the weights (bot.understanding.meaning).
MEANING = "meaning"
# Reasons are for reading: what moved the log-odds by less than this is left out.
TELLING = 0.3
SAID_FOR = {
    "both_title": "both sides in the title",
    "both_text": "both sides in the text",
    "home_title": "the other side in the title of a paper at home",
    "home_text": "the other side in the text of a paper at home",
    "pair_title": "names the pair in the title",
    "pair_text": "names the pair",
    "three_title": "names the pair with others in the title",
    "three_text": "names the pair with others",
    "issue_title": "a dispute or matter between the two in the title",
    "issue_text": "a dispute or matter between the two",
    "subject_title": "a subject of the topic in the title",
    "subject_text": "a subject of the topic",
    "matter_title": "a matter of the topic in the title",
    "matter_text": "a matter of the topic",
    "alone": "a dispute without both sides",
    "offices": "office-holders or institutions of both",
    "other_pair": "another pair of countries in the title",
    "third_title": "third countries in the title",
    "third_text": "third countries",
    "third_share": "the share of third countries among those named",
    "issue_third": "a dispute that third countries speak of",
    "only_title": "no third country in the title",
    "only_text": "no third country in the text",
    "matter_between": "a matter of the topic beside both sides",
    "abroad_title": "the side that is not at home in the title",
    "abroad_text": "the side that is not at home",
    MEANING: "what the text as a whole says",
}


def told(moved: Mapping[str, float]) -> Iterator[str]:
    """Yield the signals that moved the log-odds, in words, the strongest first."""
    for name, by in sorted(moved.items(), key=lambda item: (-abs(item[1]), item[0])):
        if abs(by) >= TELLING:
            yield f"{'+' if by > 0 else '−'} {said_for(name)}"


def said_for(signal: str) -> str:
    """Return a signal in words: ``sport words with both sides or a matter of theirs``."""
    if signal in SAID_FOR:
        return SAID_FOR[signal]
    cue = signal.removeprefix("cue_").removesuffix("_between")
    beside = " with both sides or a matter of theirs" if signal.endswith("_between") else ""
    return f"{cue} words{beside}"
