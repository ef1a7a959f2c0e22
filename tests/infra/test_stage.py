"""The file of a stage: what passes, and what each mistake is called."""

from pathlib import Path

import pytest
import yaml

from infra.stage import FOLDER, Stage, StageError, read

GOOD = {
    "StripeAccount": "acct_1Nordlys",
    "Livemode": True,
    "Site": "nordlys",
    "MailIdentity": "nordlys.example",
    "OperatorMail": "ops@nordlys.example",
    "bucket": "nordlys-code",
}


def written(folder: Path, **changes: object) -> Path:
    """A file for the stage `prod`; a change to None leaves a line out."""
    lines = {key: value for key, value in {**GOOD, **changes}.items() if value is not None}
    (folder / "prod.yaml").write_text(yaml.safe_dump(lines))
    return folder


def refusal(folder: Path, **changes: object) -> str:
    """What is said of a file."""
    with pytest.raises(StageError) as caught:
        read("prod", folder=written(folder, **changes))
    return str(caught.value)


def test_a_good_file_becomes_parameters(tmp_path: Path) -> None:
    found = read("prod", folder=written(tmp_path, LogRetentionDays=90))

    app = {"StripeAccount": "acct_1Nordlys", "Livemode": "true", "Site": "nordlys", "MailIdentity": "nordlys.example"}
    assert found == Stage(
        "prod", "nordlys-code", {"OperatorMail": "ops@nordlys.example"}, {**app, "LogRetentionDays": "90"}
    )


def test_the_example_can_be_copied_as_it_stands(tmp_path: Path) -> None:
    (tmp_path / "dev.yaml").write_text((FOLDER / "example.yaml").read_text())

    assert read("dev", folder=tmp_path).app["Livemode"] == "false"


def test_nobody_need_be_told_and_a_bucket_may_be_named_elsewhere(tmp_path: Path) -> None:
    found = read("prod", "other-bucket", written(tmp_path, OperatorMail=None, bucket=None))

    assert (found.bucket, found.data) == ("other-bucket", {"OperatorMail": ""})


@pytest.mark.parametrize("name", ["StripeAccount", "Livemode", "Site", "MailIdentity", "bucket"])
def test_what_is_missing_is_named(tmp_path: Path, name: str) -> None:
    assert f"{name} is missing" in refusal(tmp_path, **{name: None})


@pytest.mark.parametrize(
    "name, value, words",
    [
        ("StripeAccount", "acct_...", "StripeAccount does not look right"),
        ("Livemode", "yes please", "Livemode must be one of true, false"),
        ("Site", "My Shop", "Site does not look right"),
        ("OperatorMail", "ops", "OperatorMail is no mail address"),
        ("bucket", "My_Bucket", "bucket is no name of an S3 bucket"),
        ("StripeReadsPerSecond", 1000, "StripeReadsPerSecond must be a whole number from 1 to 100"),
        ("LogRetentionDays", "a month", "LogRetentionDays must be a whole number"),
        ("Sites", "nordlys", "Sites is not known"),
        ("MailIdentity", ["nordlys.example"], "MailIdentity is missing"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path: Path, name: str, value: object, words: str) -> None:
    assert words in refusal(tmp_path, **{name: value})


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    assert len(refusal(tmp_path, Site=None, bucket=None, StripeAccount="x").splitlines()) == 4


@pytest.mark.parametrize("value", ["sk_live_51Abc", "rk_test_51Abc", "whsec_abc"])
def test_a_secret_is_refused_and_not_repeated(tmp_path: Path, value: str) -> None:
    said = refusal(tmp_path, MailIdentity=value)

    assert "MailIdentity holds a secret" in said
    assert value not in said


@pytest.mark.parametrize("text, words", [("a: [", "not YAML, line"), ("- a", "Name: value"), ("", "Name: value")])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "prod.yaml").write_text(text)

    with pytest.raises(StageError, match=words):
        read("prod", folder=tmp_path)


def test_a_stage_without_a_file_is_told_where_to_begin(tmp_path: Path) -> None:
    with pytest.raises(StageError, match=r"copy infra/stages/example\.yaml"):
        read("prod", folder=tmp_path)
