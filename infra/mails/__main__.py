"""Look at every mail in every language: `python -m infra.mails preview [FOLDER]`, then open its index.html.

With `--shots FOLDER` also pictures of one of each mail, light and dark, as a phone and a desktop show them (needs Chromium).
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from infra import gallery
from infra.mails import samples

SHOTS = {
    "failed-payment": "failed_payment.funds.first",
    "failed-payment-final": "failed_payment.new_card.final",
    "failed-payment-confirm": "failed_payment.authenticate.first",
    "failed-payment-bank": "failed_payment.contact_bank.later",
    "failed-payment-several": "failed_payment.several",
    "card-expiring": "card_expiring.first",
    "trial-ending": "trial_ending.charged",
    "renewal-notice": "renewal_notice.first",
    "payment-recovered": "payment_recovered",
    "canceled-for-nonpayment": "canceled_for_nonpayment",
    "win-back": "win_back.first",
    "digest": "digest.busy",
}
"""The pictures that are kept in docs/images/mails, in English."""
SHOT_LANGUAGES = ("de", "fi")
"""In these, one mail more: the longest words and the most cases."""


def preview(folder: Path) -> Path:
    """Write all mails and their text parts, with an index of mails and languages; returns the index."""
    rows: dict[str, dict[str, str]] = {}
    files: dict[str, str] = {}
    for language in samples.LANGUAGES:
        for name, writes in samples.every(replace(samples.READER, language=language)).items():
            mail = writes()
            file = f"{name}-{language}"
            headers = "".join(f"{header}: {value}\n" for header, value in mail.headers)
            files |= {f"{file}.html": mail.html, f"{file}.txt": f"Subject: {mail.subject}\n{headers}\n{mail.text}"}
            rows.setdefault(name, {}).update({language: f"{file}.html", f"{language} text": f"{file}.txt"})
    for name, writes in samples.odd().items():
        files[f"odd-{name}.html"] = writes().html
        rows[f"odd: {name}"] = {"en": f"odd-{name}.html"}
    return gallery.write(folder, "Mails", rows, files)


def pictured() -> dict[str, str]:
    """The HTML of the mails that are kept as pictures."""
    english = samples.every()
    shown = {name: english[key]().html for name, key in SHOTS.items()}
    for language in SHOT_LANGUAGES:
        key = SHOTS["failed-payment"]
        shown[f"failed-payment-{language}"] = samples.every(replace(samples.READER, language=language))[key]().html
    return shown


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m infra.mails", description=__doc__)
    parser.add_argument("command", choices=["preview"])
    parser.add_argument("folder", type=Path, nargs="?", default=Path("build/preview/mails"))
    parser.add_argument("--shots", type=Path, help="take pictures too, into this folder")
    parser.add_argument("--chromium", help="path of the browser; the one on PATH by default")
    options = parser.parse_args()
    print(f"Every mail in every language: {preview(options.folder)}")
    if options.shots:
        print(f"{gallery.shoot(pictured(), options.shots, options.chromium)} pictures: {options.shots}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
