"""Prompts and answers of the simulated site, in four languages."""

from collections.abc import Sequence

import numpy as np

# A prompt is a form with two slots; each language has its own words for them.
FORMS: dict[str, Sequence[str]] = {
    "en": (
        "Explain {thing} to somebody who knows {other}, in three sentences.",
        "Write a short story in which {thing} meets {other}.",
        "What is the difference between {thing} and {other}?",
        "Give me five tips on {thing} that a beginner with {other} would miss.",
        "Write a Python function that simulates {thing} using {other}.",
        "Solve this step by step: {number} people share {other} and {thing}; how much has each?",
        "Draft a polite e-mail that asks for {thing} instead of {other}.",
        "Summarise the history of {thing} and say how {other} changed it.",
    ),
    "de": (
        "Erkläre {thing} jemandem, der sich mit {other} auskennt, in drei Sätzen.",
        "Schreibe eine kurze Geschichte über {thing} und {other}.",
        "Was ist der Unterschied zwischen {thing} und {other}?",
        "Nenne fünf Tipps zu {thing}, die Anfänger mit {other} übersehen.",
    ),
    "es": (
        "Explica {thing} a alguien que conoce {other}, en tres frases.",
        "Escribe un cuento breve sobre {thing} y {other}.",
        "¿Cuál es la diferencia entre {thing} y {other}?",
        "Dame cinco consejos sobre {thing} para quien empieza con {other}.",
    ),
    "fr": (
        "Explique {thing} à quelqu'un qui connaît {other}, en trois phrases.",
        "Écris une courte histoire sur {thing} et {other}.",
        "Quelle est la différence entre {thing} et {other} ?",
        "Donne cinq conseils sur {thing} à un débutant qui connaît {other}.",
    ),
}
THINGS: dict[str, Sequence[str]] = {
    "en": (
        *("a sourdough starter", "binary search", "the water cycle", "a chess opening"),
        *("compound interest", "a lighthouse", "photosynthesis", "a bicycle gear", "the tides"),
        *("a hash table", "tea ceremonies", "the moon landing", "a violin", "crop rotation"),
        *("a sonnet", "inflation", "beekeeping", "a heat pump", "glaciers", "a train timetable"),
        *("map projections", "vaccines", "a pinhole camera", "prime numbers", "a rain garden"),
    ),
    "de": (
        *("Sauerteig", "binäre Suche", "den Wasserkreislauf", "Zinseszins", "einen Leuchtturm"),
        *("Photosynthese", "die Gezeiten", "eine Wärmepumpe", "Gletscher", "Bienenhaltung"),
        *("Impfungen", "Primzahlen", "eine Geige", "die Mondlandung", "Kartenprojektionen"),
    ),
    "es": (
        *("la masa madre", "la búsqueda binaria", "el ciclo del agua", "el interés compuesto"),
        *("un faro", "la fotosíntesis", "las mareas", "una bomba de calor", "los glaciares"),
        *("la apicultura", "las vacunas", "los números primos", "un violín", "el alunizaje"),
    ),
    "fr": (
        *("le levain", "la recherche dichotomique", "le cycle de l'eau", "les intérêts composés"),
        *("un phare", "la photosynthèse", "les marées", "une pompe à chaleur", "les glaciers"),
        *("l'apiculture", "les vaccins", "les nombres premiers", "un violon", "les éclipses"),
    ),
}
SENTENCES: dict[str, Sequence[str]] = {
    "en": (
        "It starts from something small and follows one rule again and again.",
        "The first step is to look at what stays the same while everything else moves.",
        "Most people miss that the order matters more than the amount.",
        "An everyday example makes it clear: think of a queue in which nobody may overtake.",
        "In practice you check the result once and then trust the method.",
        "There is an exception, and it is worth remembering.",
        "If you try it yourself, begin with a small case and write down what happens.",
        "That is why experts disagree about the details and agree about the principle.",
    ),
    "de": (
        "Es beginnt mit etwas Kleinem und folgt immer wieder derselben Regel.",
        "Der erste Schritt ist, auf das zu achten, was gleich bleibt.",
        "Die meisten übersehen, dass die Reihenfolge wichtiger ist als die Menge.",
        "Ein Beispiel aus dem Alltag macht es klar: eine Schlange, in der niemand überholt.",
        "In der Praxis prüft man das Ergebnis einmal und vertraut dann dem Verfahren.",
        "Es gibt eine Ausnahme, und man sollte sie sich merken.",
        "Wer es selbst versucht, fängt mit einem kleinen Fall an.",
    ),
    "es": (
        "Empieza con algo pequeño y sigue siempre la misma regla.",
        "El primer paso es mirar lo que no cambia mientras todo lo demás se mueve.",
        "Casi nadie nota que el orden importa más que la cantidad.",
        "Un ejemplo cotidiano lo aclara: una cola en la que nadie adelanta.",
        "En la práctica se comprueba el resultado una vez y se confía en el método.",
        "Hay una excepción, y conviene recordarla.",
        "Si lo pruebas, empieza por un caso pequeño y anota lo que pasa.",
    ),
    "fr": (
        "Tout part de quelque chose de petit et suit toujours la même règle.",
        "La première étape est de regarder ce qui ne change pas.",
        "La plupart oublient que l'ordre compte plus que la quantité.",
        "Un exemple de tous les jours l'éclaire : une file où personne ne double.",
        "En pratique, on vérifie le résultat une fois, puis on fait confiance à la méthode.",
        "Il y a une exception, et elle mérite d'être retenue.",
        "Pour essayer soi-même, on commence par un petit cas.",
    ),
}
LANGUAGES = ("en", "de", "es", "fr")
SHARES = (0.6, 0.15, 0.12, 0.13)


def prompt(rng: np.random.Generator) -> tuple[str, str]:
    """A fresh prompt and its language."""
    language = str(rng.choice(LANGUAGES, p=SHARES))
    thing, other = rng.choice(THINGS[language], 2, replace=False)
    form = str(rng.choice(FORMS[language]))
    asked = form.format(thing=thing, other=other, number=rng.integers(3, 90))
    # People say what they want it for, which keeps one prompt from being the copy of another.
    context = {
        "en": "It is for a group of {n} pupils, and they have {m} minutes.",
        "de": "Es ist für eine Gruppe von {n} Schülern, die {m} Minuten Zeit haben.",
        "es": "Es para un grupo de {n} alumnos que tienen {m} minutos.",
        "fr": "C'est pour un groupe de {n} élèves qui ont {m} minutes.",
    }[language]
    if rng.random() < 0.5:
        asked += " " + context.format(n=rng.integers(2, 60), m=rng.integers(3, 90))
    return asked, language


def answer(language: str, sentences: int, *, formatted: bool, rng: np.random.Generator) -> str:
    """An answer of so many sentences, as Markdown with a heading and a list, or as prose."""
    known = SENTENCES[language]
    chosen = [str(known[i]) for i in rng.permutation(len(known))[:sentences]]
    if not formatted or sentences < 3:
        return " ".join(chosen)
    first, *points = chosen
    return f"## {first}\n\n" + "\n".join(f"- **{n}.** {p}" for n, p in enumerate(points, 1))
