"""The Accept header, as far as the door offers a choice.

https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1
"""

from collections.abc import Sequence


def preferred(accept: str, offers: Sequence[str]) -> str:
    """The offer that `accept` names with the highest weight; earlier offers win a tie; "" when it names none.

    Wildcards name nothing: a client that takes anything gets the default.
    """
    best, best_weight = "", 0.0
    weights = _weights(accept)
    for offer in offers:
        if weights.get(offer, 0.0) > best_weight:
            best, best_weight = offer, weights[offer]
    return best


def _weights(accept: str) -> dict[str, float]:
    weights = {}
    for part in accept.split(","):
        media_type, _, parameters = part.partition(";")
        weight = 1.0
        for parameter in parameters.split(";"):
            name, _, value = parameter.strip().partition("=")
            if name == "q":
                try:
                    weight = float(value)
                except ValueError:
                    weight = 0.0
        weights[media_type.strip().lower()] = weight
    return weights
