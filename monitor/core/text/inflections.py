"""What the forms of one word have in common, by language: a stem, or a line in a dictionary.

Snowball cuts endings, fast and without knowing a word; simplemma's dictionaries know the forms of some fifty
languages' words, also those that no rule makes (люди, حروب, wives). A dictionary is read once, for the words that are
asked for: what is kept are their forms, a few hundred bytes each, and not its millions of lines.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache, lru_cache
from itertools import takewhile
from typing import TYPE_CHECKING, Final

import regex

from monitor.core.text.fold import fold, fold_word
from monitor.core.text.stems import SNOWBALL, STEM_CACHE, stem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_DICTIONARIES: Final[Mapping[str, tuple[str, ...]]] = {
    "bs": ("hbs",), "hr": ("hbs",), "sr": ("hbs",), "no": ("nb", "nn"),
} | {
    language: (language,)
    for language in (
        "ar", "bg", "ca", "cs", "cy", "da", "de", "el", "en", "eo", "es", "et", "fa", "fi", "fr", "ga", "gd", "gl",
        "gv", "he", "hi", "hu", "hy", "id", "is", "it", "ka", "la", "lb", "lt", "lv", "mk", "ml", "ms", "nl", "pl",
        "pt", "ro", "ru", "se", "sk", "sl", "sq", "sv", "sw", "tl", "tr", "uk",
    )
}  # fmt: skip

INFLECTED: Final = SNOWBALL | frozenset(_DICTIONARIES)
"""Languages whose words' forms are known at all."""

_SCRIPTS: Final = {
    "ar": "Arabic", "fa": "Arabic", "bg": "Cyrillic", "mk": "Cyrillic", "ru": "Cyrillic", "uk": "Cyrillic",
    "el": "Greek", "he": "Hebrew", "hi": "Devanagari", "hy": "Armenian", "ka": "Georgian", "ml": "Malayalam",
}  # fmt: skip
"""Of the dictionaries; the others are Latin, Serbo-Croatian's is both."""


# ── Stems ────────────────────────────────────────────────────────────────────────────────────────


def root(word: str, language: str) -> str:
    """What is left of `word` without its endings, folded; empty where nobody knows the language's.

    `word`: lower case, with its accents.
    """
    if language in SNOWBALL:
        return stem(word, language)
    if language in _DICTIONARIES:
        return _by_endings(word, language)
    return ""


@lru_cache(maxsize=STEM_CACHE)
def _by_endings(word: str, language: str) -> str:
    """The lemma that its ending gives away, for words that no dictionary has."""
    from simplemma.strategies.defaultrules import RULE_FUNCTIONS  # noqa: PLC0415 - needed by few

    rules = RULE_FUNCTIONS.get(_DICTIONARIES[language][0])
    return fold((rules and rules(word)) or word)


# ── Forms ────────────────────────────────────────────────────────────────────────────────────────

_known: dict[tuple[str, str], frozenset[str]] = {}
"""Language and word → its forms."""
_MOST_KNOWN: Final = 100_000


def forms(words: Iterable[str], language: str) -> Mapping[str, frozenset[str]]:
    """The other forms of each word that the language's dictionary knows, folded.

    `words`: lower case, with their accents. The first time for a language takes up to a second (Finnish three),
    and as many megabytes as its dictionary has; afterwards only what was not asked for before.
    """
    wanted = set(words)
    new = {word for word in wanted if (language, word) not in _known}
    if new:
        if len(_known) + len(new) > _MOST_KNOWN:
            _known.clear()
            new = wanted
        for word, found in _looked_up(new, language).items():
            _known[language, word] = frozenset(map(fold_word, found | _by_rule(word, language)))
    return {word: _known[language, word] for word in wanted}


def _looked_up(words: set[str], language: str) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = {word: set() for word in words}
    for name in _DICTIONARIES.get(language, ()):
        written = {word for word in words if _is_of(word, name)}
        written |= {word.capitalize() for word in written}  # as German nouns stand in theirs
        if written:
            for word, family in _families(written, name).items():
                found[word.lower() if word not in words else word] |= {form.lower() for form in family}
    return found


def _is_of(word: str, dictionary: str) -> bool:
    """Whether the word is of the dictionary's script."""
    if dictionary == "hbs":
        return True
    return bool(_script(_SCRIPTS.get(dictionary, "Latin")).search(word))


@cache
def _script(name: str) -> regex.Pattern[str]:
    return regex.compile(rf"\p{{{name}}}")


def _families(words: set[str], name: str) -> Mapping[str, set[str]]:
    """Each word with its lemma and all words that have one of the two as theirs."""
    lemmas, families = _read(name, {word: {word} for word in words})
    further = {
        word: {lemma}
        for word, lemma in lemmas.items()
        if lemma != word and not (word.islower() and word.capitalize() in lemmas)  # Haus, not hausen
    }
    if further:  # a rule has “soldiers~”: what else has “soldier” as its lemma is known only now
        for word, family in _read(name, further)[1].items():
            families[word] |= family | further[word]
    return families


def _read(name: str, sought: Mapping[str, set[str]]) -> tuple[Mapping[str, str], dict[str, set[str]]]:
    """One pass through a dictionary: the lemmas of the words, and the forms of each word's lemmas."""
    lemmas: dict[str, str] = {}
    families: dict[str, set[str]] = {word: set() for word in sought}
    by_lemma: defaultdict[str, list[str]] = defaultdict(list)
    for word, wanted in sought.items():
        for lemma in wanted:
            by_lemma[lemma].append(word)
    keys = {word.encode() for word in sought}
    values = {lemma.encode() for lemma in by_lemma}
    for key, value in _lines(name, keys, values):
        form, lemma = key.decode(), value.decode()
        if form in sought:
            lemmas[form] = lemma
        for word in by_lemma.get(lemma, ()):
            families[word].add(form)
    return lemmas, families


def _lines(name: str, keys: set[bytes], values: set[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """The lines of a dictionary whose form is among `keys` or whose lemma is among `values`."""
    # Not public in simplemma, and a tenth of the time and memory of its mappings, which are made for one word each.
    from simplemma.strategies.dictionaries import dictionary_factory, frontcode  # noqa: PLC0415

    data = dictionary_factory._read_decompressed(name)  # noqa: SLF001
    is_reversed, _, start = frontcode._read_header(data)  # noqa: SLF001
    if is_reversed:
        keys, values = {key[::-1] for key in keys}, {value[::-1] for value in values}
    for _, key, value in frontcode._iter_records(data, start):  # noqa: SLF001
        if value in values or key in keys:
            yield (key[::-1], value[::-1]) if is_reversed else (key, value)


# ── What neither has ─────────────────────────────────────────────────────────────────────────────

_IRREGULAR: Final = {
    "en": (
        (r"(lea|loa|thie|wol|hal|cal|shel|sel|shea|scar|hoo|dwar|whar)f$", r"\1ves"), (r"(kni|li|wi)fe$", r"\1ves"),
        (r"^person$", "people"), (r"(dat|strat|errat)um$", r"\1a"),
        (r"(..)man$", r"\1men"), (r"(..s)is$", r"\1es"), (r"(criteri|phenomen)on$", r"\1a"),
    ),
}  # fmt: skip
"""Plurals that no longer follow a rule: endings, and what stands in their place."""


def _by_rule(word: str, language: str) -> set[str]:
    """Forms that the language's irregular endings make of the word, and the word itself."""
    made = {word}
    for ending, other in _IRREGULAR.get(language, ()):
        if re.search(ending, word):
            made.add(re.sub(ending, other, word))
    return made


# ── Particles that are written with a word ───────────────────────────────────────────────────────

_PARTICLES: Final = {
    # and, so, with, for, like, will; then the article; and their contractions
    "ar": frozenset(
        first + then for first in ("", *"وف") for then in ("", *"بكلس", "ال", "بال", "كال", "لل")
    ),
    "he": frozenset(first + then for first in ("", "ו") for then in ("", "כש", "מה", "שה", *"שמבלכה")),
}  # fmt: skip
_LEAST: Final = 2
"""Letters of a word that is left."""


def bases(folded: str, language: str) -> tuple[str, ...]:
    """What may be left of a word when the particles that are written with it are taken off; it is not among them."""
    known = _PARTICLES.get(language)
    if known is None:
        return ()
    ends = range(1, min(5, len(folded) - _LEAST + 1))
    return tuple(folded[end:] for end in ends if folded[:end] in known)


def particles(language: str) -> tuple[str, ...]:
    """What may be written before a word of the language and with it; nothing is the first of them."""
    return tuple(sorted(_PARTICLES.get(language, {""})))


# ── How words of one root begin ──────────────────────────────────────────────────────────────────

_VOWELS: Final = "aeiouy"
_ALIKE: Final = (
    "bg", "bs", "cy", "da", "gd", "gl", "gv", "he", "hi", "hr", "hy", "lb", "mk", "ml", "ms", "no", "pl", "ru", "se",
    "sq", "sv", "sw", "tl", "de", "fi",
)  # fmt: skip
"""Languages whose roots are beginnings of their words; German and Finnish but for what `beginnings` says of them."""
_ROOTS_END: Final[Mapping[str, tuple[str, ...]]] = dict.fromkeys(_ALIKE, ()) | {
    "ca": ("c",), "cs": ("k", "c", "t", "b", "v", "n"), "en": ("i", "e", "l", "ie", "y"), "es": ("t",),
    "fr": ("i", "l", "x", "t", "qu", "nt"), "hu": ("y", "z", "s"), "is": ("ur", "r"), "it": ("t",), "ka": ("ი",),
    "la": ("o", "us", "s", "is"), "lt": ("t",), "lv": ("s", "a"), "pt": ("t",), "ro": ("t",),
    "sk": ("t", "y", "ovat", "a", "o", "vo"), "sl": ("en", "ti", "a", "i", "e", "o", "ev"),
    "tr": ("k", "p", "t", "i", "u", "e", "ne", "de", "na", "nde"),
    "uk": ("ии", "и", "ти", "вати", "я", "ся", "ість", "ь"),
}  # fmt: skip
"""What an algorithm puts at the end of a root in place of what it takes off (skies, sky): all that came of every
third form in the dictionaries and of the 150 000 words that their beginnings and endings make. Before it, root and
word are the same, letter by letter. Languages that are missing change a word's beginning or inside, or are untried.
"""
_OPENED: Final = re.compile("[aou]")
_MOST_OPENED: Final = 2
"""Vowels that are written both ways: nine beginnings."""


def beginnings(word: str, language: str) -> tuple[str, ...] | None:
    """Each word of the language that has the same root begins, folded, with one of these; None: nobody knows how.

    `word`: as of `root`.
    """
    ends = _ROOTS_END.get(language)
    if ends is None:
        return None
    whole = _letters_of(root(word, language))
    match language:
        case "fi":  # double consonants become one, and vowels may follow
            found: tuple[str, ...] = (whole.rstrip(_VOWELS),)
        case "de":  # Haefen, Häfen
            found = _opened(whole)
        case _:
            found = (min((whole.removesuffix(end) for end in ends), key=len, default=whole),)
    return found if all(found) else None


def _letters_of(text: str) -> str:
    """What of it stands before the first character that no folded word has."""
    return "".join(takewhile(lambda letter: letter == fold_word(letter), text))


def _opened(whole: str) -> tuple[str, ...]:
    """With an e behind some vowels or none, up to the last vowel of which it is said."""
    found = [match.end() for match in _OPENED.finditer(whole)]
    if len(found) > _MOST_OPENED:
        whole = whole[: found[_MOST_OPENED] - 1]
    pieces = _OPENED.split(whole)
    vowels = _OPENED.findall(whole)
    made = [pieces[0]]
    for vowel, piece in zip(vowels, pieces[1:], strict=True):
        made = [f"{one}{vowel}{more}{piece}" for one in made for more in ("", "e", "ee")]
    return tuple(made)
