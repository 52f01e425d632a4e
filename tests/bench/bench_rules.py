"""What rules cost a document: `python tests/bench/bench_rules.py [RULES …]`, run by hand.

Rules of the kinds that people write, made from a vocabulary distributed as words are (Zipf), on texts of 400 words
made from the same; beside them one `re` a rule in the same run. The index is held against every rule on the way.

Left out: scores, lists, `~`, `=`, regular expressions, accents (all is ASCII). Easier than the news: words come
independently, so a text seldom has both words of a phrase or a NEAR. Harder: 24 of 10 000 rules match each text,
and each match pays for its spans. Milliseconds are of processor time, since other work shares the machine.
"""

import random
import re
import sys
import time
import tracemalloc
from itertools import accumulate
from statistics import median

from monitor.core.rules import compile_rules
from monitor.core.text.document import read
from monitor.model import Rule

WORDS_IN_TEXT = 400
VOCABULARY = 30_000
DOCUMENTS = 200
SYLLABLES = [
    "ba",
    "de",
    "ki",
    "lo",
    "mu",
    "na",
    "pe",
    "ri",
    "so",
    "tu",
    "va",
    "ze",
    "cha",
    "dra",
    "fle",
    "gno",
    "shi",
    "tra",
    "ple",
    "sko",
]


def vocabulary(chance):
    """Words, the commonest first and shortest, as Zipf found them."""
    words = set()
    while len(words) < VOCABULARY:
        words.add("".join(chance.choices(SYLLABLES, k=1 + min(4, len(words) // 40 + chance.randint(0, 1)))))
    return sorted(words, key=lambda word: (len(word), word))


def queries(words, number, chance):
    """Names and terms that one entry in a hundred has or fewer; in every tenth rule common words only."""
    rare, common = words[3000:], words[50:3000]
    for index in range(number):
        a, b, c, d = chance.sample(common if index % 10 == 0 else rare, 4)
        yield [
            f'"{a} {b}"',
            f"{a} NEAR/4 {b}",
            f"({a} OR {b}) AND ({c} OR {d})",
            f"{a} AND NOT {b}",
            f"{a[:-2]}* AND {c}",
            f'({a} BEFORE/6 ({b} OR "{c} {d}")) OR {c}',
            f"title:{a} OR (2 OF ({b}, {c}, {d}))",
        ][index % 7]


def expressions(found):
    """About what a rule would be as one regular expression."""
    words = (re.findall(r"[a-z]{3,}", query) for query in found)
    return [re.compile("|".join(rf"\b{word}" for word in some), re.IGNORECASE) for some in words]


def each(documents, action):
    """Median milliseconds of processor time a document, after a warm-up."""
    for document in documents[: len(documents) // 4]:
        action(document)
    times = []
    for document in documents:
        start = time.process_time()
        action(document)
        times.append((time.process_time() - start) * 1000)
    return median(times)


def main():
    chance = random.Random(7)
    words = vocabulary(chance)
    weights = list(accumulate(1 / rank for rank in range(1, len(words) + 1)))
    texts = [" ".join(chance.choices(words, cum_weights=weights, k=WORDS_IN_TEXT)) for _ in range(DOCUMENTS)]
    print("  rules  ms a document  matches  every rule  one re each  compile s    MiB")
    for number in map(int, sys.argv[1:] or ("10", "100", "1000", "10000")):
        measure(list(queries(words, number, random.Random(number))), texts)


def measure(found, texts):
    tracemalloc.start()
    rules, problems = compile_rules([Rule(id=str(i), query=query) for i, query in enumerate(found)], {})
    memory = tracemalloc.get_traced_memory()[0] / 2**20
    tracemalloc.stop()
    assert not problems, problems[:3]
    start = time.perf_counter()
    compile_rules([Rule(id=str(i), query=query) for i, query in enumerate(found)], {})
    compiled_s = time.perf_counter() - start
    documents = [read(title=text[:60], content=text[60:]) for text in texts]
    for document in documents[:20]:
        assert rules.match(document) == rules.match_every(document)
    matches = sum(len(rules.match(document)) for document in documents) / len(documents)
    cost = each(texts, lambda text: rules.match(read(title=text[:60], content=text[60:])))
    every = each(documents[:20], rules.match_every)
    patterns = expressions(found)
    loop = each(texts[:20], lambda text: [pattern.search(text) for pattern in patterns])
    row = f"{len(found):7} {cost:14.3f} {matches:8.1f} {every:11.2f} {loop:12.2f} {compiled_s:10.2f} {memory:6.1f}"
    print(row, flush=True)


if __name__ == "__main__":
    main()
