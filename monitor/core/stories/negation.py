"""Words that say no: of what is otherwise said alike, the one report says that it is so, the other that it is not."""

from __future__ import annotations

from typing import Final

NEGATIONS: Final = {
    language: frozenset(words.split())
    for language, words in {
        "ar": "لا ليس ليست لم لن",
        "bg": "не няма никои нито",
        "ca": "no cap mai ningu res",
        "cs": "ne neni zadny zadna zadne nikdo nikdy",
        "da": "ikke ingen intet aldrig",
        "de": "nicht kein keine keinen keiner keinem keines nie niemand niemals nichts",
        "el": "δεν μην οχι κανεισ κανενασ",
        "en": "not no never nobody none nor neither cannot nothing aren doesn didn isn hasn haven wasn weren",
        "es": "no nunca jamas nadie ningun ninguna ninguno nada tampoco",
        "fi": "ei eivat ala kukaan",
        "fr": "ne pas non aucun aucune jamais rien",
        "he": "לא אין אף",
        "hu": "nem ne sem nincs soha senki",
        "id": "tidak bukan belum jangan",
        "it": "non no mai nessun nessuno nessuna niente",
        "nb": "ikke ingen aldri intet",
        "nl": "niet geen nooit niemand niets",
        "no": "ikke ingen aldri intet",
        "pl": "nie nigdy nikt zaden zadna zadnego zadnych",
        "pt": "nao nunca jamais ninguem nenhum nenhuma nada",
        "ro": "nu niciodata nimeni niciun nicio",
        "ru": "не нет никто никогда ни",
        "sr": "не није нико никада ne nije niko",
        "sv": "inte ej ingen inga inget aldrig",
        "tr": "degil yok hic asla",
        "uk": "не ні немає ніхто ніколи",
    }.items()
}
"""By language, folded: what the Universal Dependencies mark as `Polarity=Neg`, and what says that there is none.

Languages that say it by an ending, and those without spaces, are not in it: there a turn shows by other words.
"""
_NONE: Final[frozenset[str]] = frozenset()


def is_negation(folded: str, language: str | None) -> bool:
    """Whether a folded word says no."""
    return folded in NEGATIONS.get(language or "en", _NONE)
