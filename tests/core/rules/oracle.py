"""What queries mean, written down as plainly as possible: every combination is tried. And trees to try it on."""

from dataclasses import dataclass
from itertools import pairwise, permutations, product

from hypothesis import strategies as st

from monitor.core.rules import tree
from monitor.core.rules.lexicon import wildcard
from monitor.core.text.fold import exact_word, fold_word
from monitor.core.text.words import Words
from monitor.model import Field

BODY = (Field.TITLE, Field.SUMMARY, Field.CONTENT)
WORDS = [
    "Paris",
    "paris",
    "PARIS",
    "été",
    "ete",
    "Київ",
    "мир",
    "東",
    "京",
    "ท",
    "हिन्दी",
    "U.S.",
    "us",
    "parisien",
]


@dataclass(frozen=True)
class Text:
    """One field's words."""

    field: Field
    words: Words

    def unit(self, distance):
        return self.words.sentences if distance == "s" else self.words.paragraphs


def texts_of(title, summary, content):
    pairs = zip(BODY, (title, summary, content), strict=True)
    return [Text(field, Words(text)) for field, text in pairs]


def holds(query, texts):  # noqa: PLR0911 - one return a kind of query
    match query:
        case tree.And():
            return all(holds(part, texts) for part in query.parts)
        case tree.Or():
            return any(holds(part, texts) for part in query.parts)
        case tree.Not():
            return not holds(query.part, texts)
        case tree.Of():
            return sum(holds(part, texts) for part in query.parts) >= query.count
        case tree.In():
            return holds(query.part, [text for text in texts if text.field == query.scope])
        case tree.AtLeast():
            return sum(most_separate(unrepeated(query.part, text, texts)) for text in texts) >= query.count
        case _:
            return any(occurrences(query, text) for text in texts)


def occurrences(query, text):
    """Every stretch (first, last) of word indexes where the query stands in one text."""
    match query:
        case tree.Phrase():
            length = len(query.words)
            starts = range(len(text.words) - length + 1)
            runs = (i for i in starts if all(is_term(w, text, i + j) for j, w in enumerate(query.words)))
            return {(i, i + length - 1) for i in runs}
        case tree.Or():
            return set().union(*(occurrences(part, text) for part in query.parts))
        case tree.Near() | tree.Before():
            return shortest(chains(query, text))
        case tree.NotNear():
            others = occurrences(query.without, text)
            return {
                o
                for o in occurrences(query.part, text)
                if not any(is_around(o, other, query.distance, text) for other in others - {o})
            }
        case _:
            return {(i, i) for i in range(len(text.words)) if is_term(query, text, i)}


def unrepeated(query, text, texts):
    """The occurrences, without those in a sentence of the summary that the content has too."""
    found = occurrences(query, text)
    content = next((other for other in texts if other.field is Field.CONTENT), None)
    if text.field is not Field.SUMMARY or content is None:
        return found
    whole = f" {' '.join(content.words.folded)} "
    sentences = text.words.sentences
    return {o for o in found if sentence(text, sentences[o[0]], cut=max(sentences)) not in whole}


def sentence(text, number, *, cut):
    words = [w for w, n in zip(text.words.folded, text.words.sentences, strict=True) if n == number]
    return f" {' '.join(words)}{'' if number == cut else ' '}"


def is_term(term, text, index):
    word = text.words.shown[index]
    match term:
        case tree.Plain():
            return fold_word(word) == term.word
        case tree.Exact():
            return exact_word(word) == term.word
        case tree.Wild():
            return wildcard(term.pattern).fullmatch(fold_word(word)) is not None


def chains(query, text):
    """One occurrence of each part, in every order that is allowed, neighbours near and apart from each other."""
    found = [sorted(occurrences(part, text)) for part in query.parts]
    for chosen in product(*found):
        orders = [chosen] if isinstance(query, tree.Before) else permutations(chosen)
        for order in orders:
            pairs = list(pairwise(order))
            if all(a[1] < b[0] and is_near(a, b, query.distance, text) for a, b in pairs):
                yield order[0][0], order[-1][1]


def is_near(a, b, distance, text):
    """Whether two stretches that do not overlap stand so near; in a sentence: all of both in the same."""
    if isinstance(distance, int):
        return max(a[0], b[0]) - min(a[1], b[1]) - 1 <= distance
    unit = text.unit(distance)
    return len({unit[i] for i in (*a, *b)}) == 1


def is_around(a, b, distance, text):
    """Whether `b` keeps `a` from being apart: it overlaps, stands so near, or touches the same sentence."""
    if isinstance(distance, int):
        return is_near(a, b, distance, text)
    unit = text.unit(distance)
    return bool({unit[i] for i in range(a[0], a[1] + 1)} & {unit[i] for i in range(b[0], b[1] + 1)})


def shortest(stretches):
    stretches = set(stretches)
    return {s for s in stretches if not any(o != s and s[0] <= o[0] and o[1] <= s[1] for o in stretches)}


def most_separate(stretches):
    """The most stretches of which no two overlap: every choice, for the few there are."""
    ordered = sorted(stretches)
    best = 0
    stack = [(0, 0, -1)]
    while stack:
        index, count, end = stack.pop()
        best = max(best, count)
        if index < len(ordered):
            stack.append((index + 1, count, end))
            if ordered[index][0] > end:
                stack.append((index + 1, count + 1, ordered[index][1]))
    return best


# ── What to try it on ────────────────────────────────────────────────────────────────────────────

written = st.lists(
    st.tuples(st.sampled_from(WORDS), st.sampled_from([" ", " ", " ", ", ", ". ", "\n"])), max_size=12
).map(lambda pairs: "".join(word + gap for word, gap in pairs))

plain = st.sampled_from(WORDS).map(lambda word: tree.Plain(fold_word(word)))
wild = st.sampled_from(["par*", "pa?is", "ete*", "ми*", "parisie?"]).map(tree.Wild)
exact = st.sampled_from(["Paris", "PARIS", "été", "US", "東"]).map(tree.Exact)
distances = st.one_of(st.integers(0, 3), st.sampled_from(["s", "p"]))

phrases = st.one_of(
    st.lists(st.one_of(plain, wild), min_size=2, max_size=3), st.lists(exact, min_size=2, max_size=2)
).map(lambda words: tree.Phrase(tuple(words)))


def flat(kind, parts):
    """`kind` of the parts, as the parser makes it: none of them of the same kind."""
    inner = [p for part in parts for p in (part.parts if isinstance(part, kind) else (part,))]
    return kind(tuple(inner))


def _placed(children):
    several = st.lists(children, min_size=2, max_size=3)
    return st.one_of(
        several.map(lambda parts: flat(tree.Or, parts)),
        st.builds(lambda parts, distance: tree.Near(tuple(parts), distance), several, distances),
        st.builds(lambda parts, distance: tree.Before(tuple(parts), distance), several, distances),
    )


placed = st.recursive(st.one_of(plain, wild, exact, phrases), _placed, max_leaves=5)
not_near = st.builds(tree.NotNear, placed, placed, distances)
at_least = st.builds(tree.AtLeast, st.integers(1, 3), placed)


def _combined(children):
    several = st.lists(children, min_size=2, max_size=3)
    return st.one_of(
        several.map(lambda parts: flat(tree.And, parts)),
        several.map(lambda parts: flat(tree.Or, parts)),
        children.map(tree.Not),
        several.flatmap(lambda parts: st.integers(1, len(parts)).map(lambda n: tree.Of(n, tuple(parts)))),
    )


in_one_field = st.recursive(st.one_of(placed, not_near, at_least), _combined, max_leaves=4)
queries = st.recursive(
    st.one_of(placed, not_near, at_least, st.builds(tree.In, st.sampled_from(BODY), in_one_field)),
    _combined,
    max_leaves=6,
)
