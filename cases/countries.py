"""Countries and nationalities by their ISO 3166 alpha-2 code, with the Dutch names from the Unicode locale data."""

from babel import Locale

STATELESS, UNKNOWN = "XX", "ZZ"
# Codes that the locale data list although they are no countries.
_OTHER_TERRITORIES = {"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"}

COUNTRIES: dict[str, str] = dict(
    sorted(
        (
            (code, str(name))
            for code, name in Locale("nl").territories.items()
            if len(code) == 2 and code.isalpha() and code not in _OTHER_TERRITORIES
        ),
        key=lambda item: item[1],
    )
)
NATIONALITIES: dict[str, str] = {**COUNTRIES, STATELESS: "Staatloos", UNKNOWN: "Onbekend"}

# Safe countries of origin during the pilots. The law changes this list: check it against the one in force. It
# fills in the characteristic at registration, by which a covenant may limit the stay (`longest_stay.py`). For
# admission, the case worker's answer to the criterion decides.
SAFE_COUNTRIES = frozenset(
    {"AL", "AD", "AM", "AU", "BA", "BR", "CA", "CH", "DZ", "GE", "GH", "IN", "IS", "JM", "JP", "LI", "MA", "MC"}
    | {"ME", "MK", "MN", "NO", "NZ", "RS", "SM", "SN", "TG", "TN", "TT", "UA", "US", "VA", "XK"}
)


def is_safe(nationality: str) -> bool:
    return nationality in SAFE_COUNTRIES
