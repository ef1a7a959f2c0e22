"""Paths of pages -> handlers, and the answer as HTTP wants it."""

import uuid
from random import Random
from urllib.parse import parse_qsl

from infra.local.twin.core.values import Obj
from infra.local.twin.core.world import Request, World
from infra.local.twin.http.service import Service
from infra.local.twin.pages import bank, invoice, login, portal, render
from infra.local.twin.pages.views import Page, Redirect, View

PAGE = {
    "Content-Type": "text/html; charset=utf-8",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self' http: https:; "
    "base-uri 'none'",
}


def serve(service: Service, method: str, path: str, query: str, body: str) -> tuple[int, dict[str, str], str]:
    """Status, headers and HTML of a page. What it changes happens as one request of its own."""
    form: Obj = dict(parse_qsl(query, keep_blank_values=True))
    if method == "POST":
        form |= dict(parse_qsl(body, keep_blank_values=True))
    elif method != "GET":
        return 405, {"Content-Type": "text/plain"}, "method not allowed\n"
    with service.mail:
        world = service.twin.world
        key = str(uuid.UUID(int=Random(world.sequence).getrandbits(128), version=4))  # noqa: S311 - looks like Stripe's, guards nothing
        world.request = Request(world.ids.new("req"), key)
        try:
            page = route(world, method, path, form)
        finally:
            world.request = Request()
            service.mail.notify_all()
    if isinstance(page, Redirect):
        return 303, {"Location": page.url, **PAGE}, ""
    return page.status, PAGE, render.html(page)


def route(world: World, method: str, path: str, form: Obj) -> Page:
    """The page of a path."""
    parts = path.strip("/").split("/")
    match parts:
        case ["p", "session", token, *rest]:
            return portal.serve(world, method, token.removeprefix("test_"), "/".join(rest), form)
        case ["p", "login", token]:
            return login.serve(world, method, token.removeprefix("test_"), form)
        case ["p", "recover", token]:
            return login.recover(world, method, token.removeprefix("test_"), form)
        case ["i", account, secret, *rest] if account == world.account:
            return invoice.serve(world, method, secret.removeprefix("test_"), "/".join(rest), form)
        case ["_twin", "3ds", secret]:
            return bank.serve(world, method, secret, form)
    return View("message.html", {"error": "not_found", "locale": "auto"}, 404)
