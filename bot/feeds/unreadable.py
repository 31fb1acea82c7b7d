"""Why a document gives no entries, in the user's words, with the mend."""

# A feed that is one, but empty: nothing to mend, so no failure (a quiet search is empty).
NO_ENTRIES = "The feed has no entries right now."

WEB_PAGE = (
    "{host} answers a web page, not a feed: look on its site for the feed's own address "
    "(often called RSS)."
)
EMPTY = "{host} answers an empty document: check the feed's address."
NOT_A_FEED = (
    "{host} answers a document that is no feed (RSS, Atom or JSON Feed): check the address."
)
ENTITIES = (
    "{host} answers a feed that declares entities, which is not safe to read: tell its publisher."
)
ATTRIBUTES = "{host} answers a feed with thousands of attributes, which is not safe to read."
UNLINKED = "None of the feed's items has both an address and words: there is nothing to link to."
BROKEN = "{host} answers a broken feed, of which no item can be read: tell its publisher."
TOO_SLOW = "{host} answers a feed that takes more than {seconds:g} s to read: tell its publisher."
TOO_HEAVY = (
    "{host} answers a feed that cannot be read within the memory allowed: tell its publisher."
)
