"""What API Gateway does by itself: holds traffic back, and answers in our shape and with our headers."""

import json
from typing import Any

from chalicelib.entrypoints.web import SECURITY
from infra.openapi import CODES
from tests.infra.conftest import Packaged

NAMES = {"DEFAULT_4XX", "DEFAULT_5XX", "MISSING_AUTHENTICATION_TOKEN", "REQUEST_TOO_LARGE", "THROTTLED"}


def api(packaged: Packaged) -> dict[str, Any]:
    """The one API."""
    (found,) = packaged.of_type("AWS::Serverless::Api").values()
    return found


def test_every_answer_of_the_gateway_has_our_headers_and_our_shape(packaged: Packaged) -> None:
    answers = api(packaged)["GatewayResponses"]

    assert set(answers) == NAMES
    for name, answer in answers.items():
        headers = answer["ResponseParameters"]["Headers"]
        assert {each: headers[each].strip("'") for each in SECURITY} == SECURITY, name
        assert "'" not in headers["Content-Security-Policy"].strip("'")
        error = json.loads(answer["ResponseTemplates"]["application/json"])["error"]
        assert set(error) == {"code", "message", "param"}
        status = int(answer.get("StatusCode", "500" if name == "DEFAULT_5XX" else "400"))
        assert error["code"] in CODES[status], name


def test_a_held_back_request_hears_when_to_come_again(packaged: Packaged) -> None:
    throttled = api(packaged)["GatewayResponses"]["THROTTLED"]

    assert throttled["ResponseParameters"]["Headers"]["Retry-After"] == "'1'"


def test_every_method_is_held_back_at_a_rate_that_the_deployment_chooses(packaged: Packaged) -> None:
    (setting,) = api(packaged)["MethodSettings"]

    assert (setting["ResourcePath"], setting["HttpMethod"]) == ("/*", "*")
    assert setting["ThrottlingRateLimit"] == {"Ref": "RequestsPerSecond"}
    assert packaged.template["Parameters"]["RequestsPerSecond"]["Default"] == 500
