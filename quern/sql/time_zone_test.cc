#include "quern/sql/time_zone.h"

#include <gtest/gtest.h>

#include "quern/sql/catalog.h"

namespace quern::sql {
namespace {

TEST(TimeZoneRules, are_read_off_duckdb) {
    auto catalog = SchemaCatalog::open().value();
    EXPECT_EQ(catalog.time_zone("UTC").value(), "0;;/////////////");
    // Bombay, Calcutta, Madras time, then India's, with an hour more in the war.
    EXPECT_EQ(catalog.time_zone("Asia/Kolkata").value(),
              "21208;-3645237208=21200,-3155694800=19270,-2019705670=19800,-891581400=23400,"
              "-872058600=19800,-862637400=23400,-764145000=19800;/////////////");
    const std::string berlin = catalog.time_zone("Europe/Berlin").value();
    EXPECT_TRUE(berlin.starts_with("3208;-2422054408=3600,-1693706400=7200,")) << berlin;
    // Of years that begin on a Friday: summer time from 28 March to 31 October.
    EXPECT_NE(berlin.find("/7434000=7200,26182800=3600/"), std::string::npos) << berlin;
    EXPECT_EQ(catalog.time_zone("Mars/Olympus").status().message(),
              "DuckDB knows no time zone 'Mars/Olympus'");
}

}  // namespace
}  // namespace quern::sql
