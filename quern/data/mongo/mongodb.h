// What the connector of MongoDB and the library that does its work have in common.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "quern/base/params.h"
#include "quern/data/connector.h"

namespace quern::data {

struct MongoDb {
    std::string url, password, database, collection, filter, projection, since;
    int64_t batch_rows = 500'000, timeout = 30;

    static std::vector<Param> params() {
        return {
            param("url", &MongoDb::url, "`mongodb://user@host:27017/database`.").required(),
            param("password", &MongoDb::password, "Of the user."),
            param("database", &MongoDb::database, "Default: that of the URL."),
            param("collection", &MongoDb::collection, "What to read.").required(),
            param("filter", &MongoDb::filter,
                  "Which documents, as a query in JSON: `{\"state\": \"paid\"}`."),
            param("projection", &MongoDb::projection, "Which fields, in JSON: `{\"raw\": 0}`."),
            param("since", &MongoDb::since,
                  "Field whose values grow, such as `_id`: only documents from the last one on are "
                  "asked for."),
            param("batch_rows", &MongoDb::batch_rows, "Documents that land together.").in(1, 1e8),
            param("timeout", &MongoDb::timeout, "Seconds to wait for an answer.").in(1, 3600),
        };
    }
};

using MongoConnected = Result<std::unique_ptr<Connection>>;
using MongoConnect = void (*)(const ConnectRequest& request, MongoConnected& out);
constexpr const char* kMongoLibrary = "libquern_data_mongo.so";
constexpr const char* kMongoEntry = "quern_data_mongo";

}  // namespace quern::data
