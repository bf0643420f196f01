// Collections of MongoDB; what reads them is in quern/data/mongo.
#include "quern/data/mongo/mongodb.h"

#include <dlfcn.h>

#include <string>

namespace quern::data {
namespace {

struct Mongo {
    MongoConnect connect = nullptr;
};

Result<Mongo> load_mongo() {
    void* library = ::dlopen(kMongoLibrary, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
        return failed_precondition("what reads MongoDB cannot be loaded: " +
                                   std::string(::dlerror()))
            .hint("libquern_data_mongo.so belongs beside the program; run ./dev build");
    }
    const Mongo mongo{reinterpret_cast<MongoConnect>(::dlsym(library, kMongoEntry))};
    if (mongo.connect == nullptr) return internal("libquern_data_mongo.so is not of this build");
    return mongo;
}

Result<std::unique_ptr<Connection>> connect(const ConnectRequest& request) {
    const auto settings = TRY(settings_of<MongoDb>(request));
    const bool appends = request.source.loading.mode == project::LoadMode::append;
    if (appends && settings.since != "_id") {
        return invalid_argument("documents are appended by `since: _id` only")
            .hint("use `load: upsert` with `key: _id`, or `load: full`");
    }
    const auto mongo = TRY(load_mongo());
    MongoConnected connected = std::unique_ptr<Connection>();
    mongo.connect(request, connected);
    return connected;
}

QUERN_REGISTER(Connector)
({
    .name = "mongodb",
    .summary = "Collections of MongoDB: each document is a row, documents within it become structs "
               "and lists.",
    .example = "mongodb: {url: \"mongodb://reader@docs.example/shop\", password: "
               "\"${MONGO_PASSWORD}\", collection: orders, since: _id}\nload: append\n",
    .params = MongoDb::params(),
    .short_for = "url",
    .secrets = {"password"},
    .identity = {"url", "database", "collection", "filter", "projection", "since"},
    .connect = connect,
});

}  // namespace
}  // namespace quern::data
