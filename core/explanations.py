"""Explanations of the game's words for newcomers, each in a line or two."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Explanation:
    """A word of the game, the question that its button asks, and the answer in a line or two."""

    question: str
    answer: str


#: By the name that `{% explain %}` takes.
EXPLANATIONS = {
    "attention": Explanation(
        "What is attention?",
        "What players look at. While you look at a biome's page, your points go to it, and pull cash there:"
        " its price rises.",
    ),
    "cycle": Explanation(
        "What is a cycle?",
        "Every half second the pool is shared out once. Each time, prices move a little: that is one cycle.",
    ),
    "pool": Explanation(
        "What is the pool?",
        "In each cycle every market pays the same part of its cash into the pool, and gets back by its attention."
        " More attention than cash: the price rises.",
    ),
    "heading": Explanation(
        "Where is the price heading?",
        "The price at which it would come to rest if attention stayed as it was in the last cycle.",
    ),
    "fee": Explanation(
        "What is the fee?",
        "What a trade costs: included in what you pay when you buy, taken off what you get when you sell.",
    ),
    "tolerance": Explanation(
        "What is the tolerance?",
        "How far the price may move against you between your press and the fill. Further, and nothing is traded.",
    ),
    "impact": Explanation(
        "What is the impact?",
        "How far this order alone moves the price. The larger an order, the more each share of it costs.",
    ),
    "if-sold-now": Explanation(
        "What is “if sold now”?",
        "What selling would bring this moment: after the fee, and after what the sale itself takes off the price.",
    ),
    "why": Explanation(
        "How is it told apart?",
        "The hour's change in parts: what attention added or took, what trades did, and what both did together.",
    ),
    "unrealised": Explanation(
        "What is the unrealised gain?",
        "What selling all that you hold would gain or lose this moment, against what it cost you.",
    ),
    "realised": Explanation(
        "What is the realised gain?",
        "What all your sales so far have gained or lost, in percent of what you sold had cost.",
    ),
    "world-price": Explanation(
        "What does the world ask?",
        "Parcels that nobody owns are sold by the world. Its price follows the share price of the parcel's biome.",
    ),
    "land-gain": Explanation(
        "What is the gain by land?",
        "What your land is worth now and has brought so far, less what it cost. A gift counts at its worth when given.",
    ),
}
