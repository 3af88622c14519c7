"""What the doctor finds without a single server."""

from dataclasses import replace

import pytest

from deploy.local import doctor, probes
from deploy.local.components import COMPONENTS
from deploy.local.doctor import Verdict
from deploy.local.installation import Installation
from deploy.local.stack import Stack

NOWHERE = "127.0.0.1:1"
STRIPE = {"STRIPE_API_KEY": "pk_test_1", "STRIPE_PUBLISHABLE_KEY": "pk_test_1", "STRIPE_WEBHOOK_SECRETS": "whsec_1"}


def finding(installation: Installation, part: str, **overrides: str) -> doctor.Finding:
    elsewhere = replace(installation, overrides=overrides)
    component = next(each for each in COMPONENTS if each.name == part)
    return doctor.ask(component, probes.PROBES[part], elsewhere)


@pytest.mark.parametrize(
    ("part", "setting", "address"),
    [
        ("postgres", "POSTGRES_URL", f"postgresql://shop:secret@{NOWHERE}/postgres"),
        ("valkey", "VALKEY_URL", f"redis://{NOWHERE}/0"),
        ("mail", "SMTP_URL", f"smtp://{NOWHERE}"),
    ],
)
def test_a_server_that_does_not_answer_fails_and_its_setting_is_named(
    installation: Installation, part: str, setting: str, address: str
) -> None:
    found = finding(installation, part, **{setting: address})
    assert found.verdict is Verdict.FAIL
    assert setting in found.text
    assert "secret" not in found.text


def test_a_publishable_key_in_the_place_of_the_secret_one_fails(installation: Installation) -> None:
    found = finding(installation, "stripe", **STRIPE)
    assert (found.verdict, found.text[:14]) == (Verdict.FAIL, "STRIPE_API_KEY")


def test_what_can_be_seen_in_the_settings_alone_fails(installation: Installation) -> None:
    slip = replace(installation, overrides={"SHOPMESH_CURENCY": "EUR"})
    (found,) = doctor.settings(slip)
    assert (found.subject, found.verdict) == ("SHOPMESH_CURENCY", Verdict.FAIL)


def test_a_finding_is_one_line(installation: Installation) -> None:
    found = finding(installation, "postgres", POSTGRES_URL=f"postgresql://{NOWHERE}/postgres")
    assert "\n" not in found.text


def test_a_stack_that_is_down_is_a_warning_not_a_failure(installation: Installation) -> None:
    findings = list(doctor.servers(Stack(installation)))
    assert {each.verdict for each in findings} == {Verdict.WARN}
    assert all("make up" in each.text for each in findings)


def test_the_report_is_a_table_with_one_row_per_finding() -> None:
    findings = [doctor.Finding("kafka", Verdict.OK, "1 broker"), doctor.Finding("ports", Verdict.FAIL, "8080 is taken")]
    assert doctor.report(findings).splitlines()[1:] == ["ok    kafka  1 broker", "FAIL  ports  8080 is taken"]
