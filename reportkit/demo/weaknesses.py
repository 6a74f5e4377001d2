"""The weaknesses that are found: some dozens of well-known ones, and the everyday rest.

The rest carries identifiers that look like catalogue numbers but stand for no real entry, and names of kinds of
software, never of a product.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from reportkit.demo import catalogue
from reportkit.demo.scene import Scene

if TYPE_CHECKING:
    import numpy as np

SEVERITIES = ("critical", "high", "medium", "low")
#: Share of new findings by severity, by the platform of the asset they are on.
MIX = (0.042, 0.243, 0.485, 0.23)
CVSS = {"critical": (9.0, 9.9), "high": (7.0, 8.9), "medium": (4.3, 6.8), "low": (2.1, 3.9)}
#: Everyday software by platform: component, where it sits, the tool that finds it.
SOFTWARE = {
    "linux": (
        ("secure shell service", "tcp/22"), ("cryptographic library", "/usr/lib64"), ("kernel", "kernel"), ("time service", "udp/123"),
        ("container runtime", "/usr/bin"), ("name resolution library", "/usr/lib64"), ("scripting runtime", "/usr/bin"),
        ("relational database", "tcp/5432"), ("message broker", "tcp/5672"), ("web server", "tcp/443"), ("system service manager", "/usr/lib"),
    ),
    "windows": (
        ("print service", "tcp/445"), ("remote desktop service", "tcp/3389"), ("directory service", "tcp/389"), ("graphics component", "system"),
        ("office suite", "program files"), ("browser", "program files"), ("scripting host", "system"), ("file sharing service", "tcp/445"),
        ("document reader", "program files"), ("installer service", "system"), ("database server", "tcp/1433"),
    ),
    "app": (
        ("order form", "/checkout"), ("sign-in page", "/login"), ("search interface", "/api/search"), ("upload function", "/api/files"),
        ("report export", "/export"), ("serialisation library", "dependency"), ("XML parser", "dependency"), ("web framework", "dependency"),
        ("template engine", "dependency"), ("image library", "dependency"), ("session handling", "/account"),
    ),
    "cloud": (
        ("storage container", "storage"), ("access role", "identity"), ("network rule", "network"), ("cluster configuration", "cluster"),
        ("container base image", "image"), ("function runtime", "function"), ("encryption key", "keys"), ("audit trail", "logging"),
    ),
    "edge": (
        ("firewall operating system", "management"), ("remote access service", "tcp/443"), ("load balancer", "tcp/443"),
        ("web management interface", "tcp/8443"), ("routing service", "control plane"),
    ),
    "network": (("switch operating system", "management"), ("wireless controller", "management"), ("management protocol", "udp/161")),
    "ot": (("controller firmware", "controller"), ("operator panel", "panel"), ("engineering tool", "workstation"), ("field protocol gateway", "tcp/502")),
    "saas": (("tenant setting", "configuration"), ("connected application", "integration"), ("sharing rule", "configuration")),
}  # fmt: skip
#: What is wrong, by severity: with software that listens on a network, with local software, with pages of one's own.
FLAWS = {
    "critical": ("remote code execution without sign-in", "authentication bypass", "unsafe deserialisation"),
    "high": ("denial of service from the network", "out-of-bounds write by a crafted request", "use of a default credential", "privilege gained by a crafted session"),
    "medium": ("disclosure of memory", "weak cipher accepted", "improper certificate check", "unauthenticated status request", "uncontrolled use of memory"),
    "low": ("version disclosed in a banner", "weak key exchange offered", "time stamp answered", "outdated minor version"),
}  # fmt: skip
LOCAL_FLAWS = {
    "critical": ("code execution by a crafted file", "escape from isolation", "code execution in a parser"),
    "high": ("elevation of privilege", "use after free", "out-of-bounds write", "denial of service by a crafted file"),
    "medium": ("disclosure of memory", "race condition", "uncontrolled use of memory", "null pointer access", "improper check of a signature"),
    "low": ("insecure temporary file", "outdated minor version", "small disclosure of information"),
}  # fmt: skip
PAGE_FLAWS = {
    "critical": ("authentication bypass", "command injection", "unsafe deserialisation"),
    "high": ("SQL injection", "path traversal", "server-side request forgery", "access to records of others"),
    "medium": ("cross-site scripting", "missing authorisation check", "open redirect", "cross-site request forgery"),
    "low": ("missing security header", "verbose error message", "cookie without the secure flag"),
}  # fmt: skip
SETTINGS = {
    "critical": ("open to the internet with full rights",),
    "high": ("broader rights than needed", "open to the internet"),
    "medium": ("differs from the approved baseline", "changes are not logged", "changed without approval"),
    "low": ("without an owner tag", "made from an older template", "unused for ninety days"),
}  # fmt: skip
CWES = {
    "cross-site scripting": "CWE-79", "SQL injection": "CWE-89", "path traversal": "CWE-22", "missing authorisation check": "CWE-862",
    "open redirect": "CWE-601", "server-side request forgery": "CWE-918", "authentication bypass": "CWE-287", "command injection": "CWE-78",
    "verbose error message": "CWE-209", "missing security header": "CWE-693", "unsafe deserialisation": "CWE-502",
    "access to records of others": "CWE-639", "cross-site request forgery": "CWE-352", "cookie without the secure flag": "CWE-614",
}  # fmt: skip
TOOLS = {
    "linux": "Vulnerability scanner", "windows": "Vulnerability scanner", "edge": "Vulnerability scanner", "network": "Vulnerability scanner",
    "ot": "Assembly network sensor", "app": "Application scanner", "cloud": "Cloud posture", "saas": "Cloud posture",
}  # fmt: skip


@dataclass(frozen=True)
class Weakness:
    """One weakness that can be found on assets of a platform.

    Attributes:
        listed: day on which it entered the catalogue of known exploited ones.
        listed_due: day by which that catalogue wants it fixed.
    """

    id: str
    component: str
    platform: str
    title: str
    severity: str
    cvss: float
    location: str
    tool: str
    vendor: str = ""
    product: str = ""
    listed: date | None = None
    listed_due: date | None = None
    ransomware: bool = False
    cwes: str = ""
    epss: float | None = None


def known(scene: Scene) -> tuple[Weakness, ...]:
    """Give the well-known weaknesses; their public dates move with the story."""
    found = []
    for row in catalogue.table("weaknesses"):
        listed, due = (
            scene.moved(date.fromisoformat(row[name])) if row[name] else None
            for name in ("kev_added", "kev_due")
        )
        found.append(
            Weakness(
                id=row["vuln_id"], component=row["component"], platform=row["platform"], title=row["title"], severity=row["severity"],
                cvss=float(row["cvss"]), location=SOFTWARE[row["platform"]][0][1], tool=TOOLS[row["platform"]], vendor=row["vendor"],
                product=row["product"], listed=listed, listed_due=due, ransomware=row["ransomware"] == "yes", cwes=row["cwes"],
                epss=float(row["epss"]),
            )
        )  # fmt: skip
    return tuple(found)


def everyday(
    rng: np.random.Generator, year: int, severity: str, platform: str, number: int
) -> Weakness:
    """Make one everyday weakness of a year; numbers below 9000 give identifiers that no real entry has."""
    software = SOFTWARE[platform]
    component, location = software[int(rng.integers(len(software)))]
    settings = platform in {"cloud", "saas"} and component != "container base image"
    own_code = platform == "app" and location != "dependency"
    listens = location.startswith(("tcp", "udp")) or platform in {"edge", "network", "ot"}
    words = SETTINGS if settings else PAGE_FLAWS if own_code else FLAWS if listens else LOCAL_FLAWS
    flaws = words[severity]
    flaw = flaws[int(rng.integers(len(flaws)))]
    low, high = CVSS[severity]
    if settings:
        id_ = f"CFG-{component.split()[0].upper()}-{number % 97 + 1:02d}"
    elif own_code:
        id_ = CWES[flaw]
    else:
        id_ = f"CVE-{year}-{90000 + number * 7919 % 9000}"
    return Weakness(
        id=id_, component=component, platform=platform, title=f"{component[0].upper()}{component[1:]}: {flaw}", severity=severity,
        cvss=round(float(rng.uniform(low, high)), 1), location=location, tool=TOOLS[platform],
        epss=round(float(rng.beta(0.5, 30)), 5) if id_.startswith("CVE") else None,
    )  # fmt: skip
