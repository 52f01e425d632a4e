"""One event in five languages, told by feeds of a test; and what has nothing to do with it."""

from house import item

QUIET = item("Weather for the week", "Rain in the west, sun in the east.", guid="weather")
STRIKE = {
    "en": (
        "Dockers walk out at Tilmouth",
        "About 900 dockers stopped work at six this morning at the terminal.",
    ),
    "fr": (
        "Les dockers de Valmare en grève",
        "Neuf cents dockers ont cessé le travail ce matin au terminal.",
    ),
    "ru": ("Докеры Тильмута объявили забастовку", "Около девятисот докеров прекратили работу сегодня утром."),
    "ja": ("港湾労働者がストライキに入る", "ティルマス港で約九百人の労働者が今朝から作業を止めた。"),
    "ar": ("عمال ميناء تلموث يضربون عن العمل", "توقف نحو تسعمئة عامل عن العمل صباح اليوم في المحطة."),
}


def strike(code, **keys):
    title, text = STRIKE[code]
    return item(title, text, **{"guid": code, "link": f"https://wire.example/{code}", **keys})
