"""Servers that run in Java: one folder of jars each, brought by deps/jars."""

import servers

JARS = servers.ROOT / "deps/tests/servers"
LOGBACK = """<configuration>
  <appender name="OUT" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%d %-5level %logger{0} %msg%n</pattern></encoder>
  </appender>
  <root level="WARN"><appender-ref ref="OUT"/></root>
</configuration>
"""


class Server(servers.Server):
    jars = ""  # the folder

    def java(self, *words):
        folder = JARS / self.jars
        if not folder.is_dir():
            servers.fail(f"{folder} is not there: {servers.FIX}")
        (self.place / "logback.xml").write_text(LOGBACK)
        # Quick to start rather than quick for long, and small.
        return ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Xmx400m",
                f"-Dlogback.configurationFile={self.place / 'logback.xml'}",
                f"-Dlog4j2.configurationFile={self.place / 'log4j2.properties'}",
                f"-Djava.io.tmpdir={self.place}", "-cp", f"{folder}/*", *words]
