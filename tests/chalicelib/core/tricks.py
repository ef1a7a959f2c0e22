"""Addresses that try to look like the site's own: each class of trick, at each of the site's addresses."""

from collections.abc import Iterator

HOST, PATH = "nordlys.example", "/account"
GOOD = (
    f"https://{HOST}{PATH}",
    f"https://{HOST}{PATH}/",
    f"https://{HOST}{PATH}/plan?tab=1&next=2#top",
    f"https://{HOST.upper()}{PATH}",
    f"HTTPS://{HOST}{PATH}/a-b_c.d~e",
)
EVIL = ("evil.example", "127.0.0.1", "[::1]", "evil.example:443", "xn--nordlys-9ya.example")
SEPARATORS = ("@", ":@", "%40", "\\@", "\\", "/\\", "%2f@", "#@", "?@", ";@", "&@", "%00@", "%5c@", ":443@", ":pw@")
SCHEMES = (
    *(
        "http",
        "ftp",
        "javascript",
        "data",
        "vbscript",
        "file",
        "ws",
        "blob",
        "view-source",
        "HTTP",
        "https+x",
        "ht tps",
    ),
    *(
        "java\tscript",
        "java\nscript",
        "\x01javascript",
        "https\t",
        "\u017fhttps",
        "\uff48ttps",
        "mailto",
        "intent",
        "about",
    ),
)
SLASHES = (
    "",
    "/",
    "///",
    "\\\\",
    "/\\",
    "\\/",
    "////",
    "/\t/",
    "\n//",
    "//\r",
    "%2f%2f",
    "/%2f",
    "\u2215\u2215",
    "\uff0f\uff0f",
)
DOTS = ("\u3002", "\uff0e", "\uff61", "%2e", "%E3%80%82", "..", "\u2024", ".\u200b", ".\u00ad", "\u0589", "%252e")
LETTERS = (
    *("n\u043erdlys", "nordl\u0443s", "n\u00f8rdlys", "\uff4eordlys", "nord\u217cys", "nordly\u017f", "nord\u200blys"),
    *("nord\u00adlys", "xn--nrdlys-0ya", "nordlys\u0335", "\u24dcordlys", "nord1ys", "nordiys", "nordlys\u2060"),
)
ENDS = (
    "\r\nLocation: https://evil.example",
    "\n",
    "\t",
    "\0",
    " ",
    "\x0b",
    "\x7f",
    "\u2028",
    "\u0085",
    "\x1b[0m",
    "\ufeff",
)
SEGMENTS = (
    *("/..", "/../", "/../admin", "/./", "/.", "/%2e%2e/admin", "/.%2e/admin", "/%2e./", "/..%2fadmin", "/..%5cadmin"),
    *("\\..\\admin", "/..;/admin", "/x/../../admin", "/%252e%252e/", "//evil.example", "/%2f%2fevil.example", "/..\\x"),
    *(
        "/%c0%ae%c0%ae/",
        "/\uff0e\uff0e/admin",
        "/%0d%0aSet-Cookie:a=b",
        "/%00",
        "/;x=1",
        "/\u2025/",
        "/a//b",
        "/{x}",
        "/[x]",
    ),
)
HOSTS = (
    *(
        f"{HOST}.evil.example",
        f"evil.example.{HOST}.evil",
        f"evil-{HOST}",
        f"evil{HOST}",
        f"{HOST}.",
        f".{HOST}",
        f"{HOST}..",
    ),
    *(
        f"www.{HOST}",
        f"a.b.{HOST}",
        f"{HOST}evil",
        f"{HOST}-evil.example",
        "nordlys",
        "nordlys.exampl",
        "ordlys.example",
    ),
    *(
        f"{HOST}:444",
        f"{HOST}:80",
        f"{HOST}:443",
        f"{HOST}:0",
        f"{HOST}:99999",
        f"{HOST}:",
        f"{HOST}:4 43",
        f"{HOST}:-1",
    ),
    *(
        f"{HOST}:\uff14\uff14\uff13",
        f"[{HOST}]",
        f"{HOST}%00.evil.example",
        f"{HOST}%2eevil.example",
        f"{HOST}%23.evil.example",
    ),
    *(
        "0x7f000001",
        "2130706433",
        "127.1",
        "localhost",
        "[::ffff:127.0.0.1]",
        "*",
        "",
        " ",
        HOST + "\u3000",
        "evil.example#" + HOST,
    ),
)


def tricks() -> Iterator[tuple[str, str]]:  # noqa: C901 - a loop for each class
    """(class, address): none may ever be accepted."""
    for evil in EVIL:
        for mark in SEPARATORS:
            yield "userinfo", f"https://{HOST}{mark}{evil}{PATH}"
            yield "userinfo", f"https://{evil}{mark}{HOST}{PATH}"
            yield (
                "userinfo",
                f"https://{HOST}{PATH}{mark}{evil}" if mark in ("@", "\\", "\\@") else f"https:{mark}{evil}",
            )
    for scheme in SCHEMES:
        yield "scheme", f"{scheme}://{HOST}{PATH}"
        yield "scheme", f"{scheme}:{HOST}{PATH}"
        yield "scheme", f"{scheme}:alert(1)//https://{HOST}{PATH}"
    for slashes in SLASHES:
        yield "slashes", f"https:{slashes}{HOST}{PATH}"
        yield "slashes", f"{slashes}{HOST}{PATH}"
        yield "slashes", f"{slashes}evil.example{PATH}"
        yield "slashes", f"https:{slashes}evil.example/https://{HOST}{PATH}"
    for dot in DOTS:
        yield "dots", f"https://nordlys{dot}example{PATH}"
        yield "dots", f"https://nordlys.example{dot}{PATH}"
        yield "dots", f"https://evil{dot}nordlys.example{PATH}"
    for letters in LETTERS:
        yield "idn", f"https://{letters}.example{PATH}"
        yield "idn", f"https://{HOST}.{letters}{PATH}"
    for end in ENDS:
        yield "control", f"https://{HOST}{PATH}{end}"
        yield "control", f"{end}https://{HOST}{PATH}"
        yield "control", f"https://{HOST}{end}{PATH}"
        yield "control", f"https://nord{end}lys.example{PATH}"
        yield "control", f"https://{HOST}{PATH}?a={end}b"
        yield "control", f"ht{end}tps://evil.example{PATH}"
    for segment in SEGMENTS:
        yield "path", f"https://{HOST}{PATH}{segment}"
        yield "path", f"https://{HOST}{segment}{PATH}"
    for host in HOSTS:
        yield "host", f"https://{host}{PATH}"
        yield "host", f"https://{host}"
        yield "host", f"https://{host}?https://{HOST}{PATH}"
        yield "host", f"https://{host}#{HOST}{PATH}"
    for path in (
        "",
        "/",
        "/accounts",
        "/accounting",
        "/Account",
        "/ACCOUNT",
        "/admin",
        "/account.",
        "/account:",
        "/accoun",
        "/account%20",
    ):
        yield "prefix", f"https://{HOST}{path}"
        yield "prefix", f"https://{HOST}{path}?x=/account"
        yield "prefix", f"https://{HOST}{path}#/account"
    yield "length", f"https://{HOST}{PATH}/" + "a" * 3000
