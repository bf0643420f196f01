// What users and machines do to a database, and what the session says then.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "quern/base/file.h"
#include "quern/base/folder.h"
#include "quern/base/text.h"
#include "quern/sql/session.h"

namespace quern::sql {
namespace {

class HostileTest : public testing::Test {
protected:
    TemporaryFolder folder_ = TemporaryFolder::create().value();
    Session session_ = Database::open({.threads = 1})->connect().value();

    std::string path(const std::string& name) { return join_path(folder_.path(), name); }
};

TEST_F(HostileTest, TenThousandColumns) {
    std::string sql = "select ";
    for (int i = 0; i < 10'000; ++i) {
        sql += (i == 0 ? "" : ", ") + std::to_string(i) + " as c" + std::to_string(i);
    }
    const auto batch = session_.query_all(sql);
    ASSERT_TRUE(batch.ok()) << batch.status().text();
    EXPECT_EQ(batch->columns.size(), 10'000u);
    EXPECT_EQ(batch->columns[9'999].value<int32_t>(0), 9'999);
}

TEST_F(HostileTest, HugeValuesAndNulBytes) {
    const auto huge = session_.query_all("select repeat('x', 100000000) as x");
    ASSERT_TRUE(huge.ok()) << huge.status().text();
    EXPECT_EQ(huge->columns[0].text(0).size(), 100'000'000u);
    const auto nul = session_.query_all("select 'a' || chr(0) || 'b' as x, ['a' || chr(0)] as l");
    ASSERT_TRUE(nul.ok()) << nul.status().text();
    EXPECT_EQ(nul->columns[0].text(0), std::string_view("a\0b", 3));
}

TEST_F(HostileTest, NamesOfAllKinds) {
    for (const std::string name : {"select", "🍰", "a b", "quote\"d", "Ünïcode", "x;--", "'"}) {
        const std::string quoted = quote_identifier(name);
        const auto status =
            session_.execute("create table " + quoted + " (" + quoted + " varchar)");
        ASSERT_TRUE(status.ok()) << status.text();
        frame::Batch batch;
        batch.schema = {{name, frame::type_from_sql("VARCHAR")}};
        batch.columns.emplace_back(batch.schema[0].type);
        batch.columns[0].append_text(name);
        batch.row_count = 1;
        ASSERT_TRUE(session_.append({.table = name}, batch).ok()) << name;
        const auto read = session_.query_all("from " + quoted);
        ASSERT_TRUE(read.ok()) << name;
        EXPECT_EQ(read->schema[0].name, name);
        EXPECT_EQ(read->columns[0].text(0), name);
    }
}

TEST_F(HostileTest, EmptyAndNestedResults) {
    const auto empty = session_.query_all("select 1 as a, [1] as l where false");
    ASSERT_TRUE(empty.ok());
    EXPECT_EQ(empty->row_count, 0u);
    EXPECT_EQ(empty->schema.size(), 2u);
    const auto nested = session_.query_all(
        "select map {'k': [{'a': 1, 'b': [null]}]} as m, union_value(n := 1) as u, null as n, "
        "'x'::enum('x', 'y') as e, '101'::bit as b -- the end;");
    ASSERT_TRUE(nested.ok()) << nested.status().text();
    EXPECT_EQ(nested->columns[0].text(0), "{k=[{'a': 1, 'b': [NULL]}]}");
    EXPECT_EQ(nested->columns[3].text(0), "x");
    const auto twins = session_.query_all("select 1 as a, 2 as a, [3] as a");
    ASSERT_TRUE(twins.ok()) << twins.status().text();
    EXPECT_EQ(twins->schema[2].name, "a");
}

TEST_F(HostileTest, AnInterruptEndsAQuery) {
    std::atomic<bool> is_done = false;
    std::thread stopper([&] {
        while (!is_done) {
            session_.interrupt();
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
    });
    const auto sum = session_.query_text(
        "select sum(a.range * b.range)::varchar from range(10000000) a, range(10000000) b");
    is_done = true;
    stopper.join();
    EXPECT_EQ(sum.status().code(), Code::cancelled) << sum.status().text();
    EXPECT_EQ(session_.query_int("select 1").value(), 1) << "the session lives on";
}

TEST_F(HostileTest, MemoryAndDiskHaveLimits) {
    const auto heavy = [&](const DatabaseSettings& settings) {
        auto session = Database::open(settings)->connect().value();
        return session.execute(
            "create temp table t as select i, hash(i) h, repeat(i::varchar, 30) s "
            "from range(2000000) r(i) order by h");
    };
    constexpr uint64_t kMemory = 40 << 20;
    EXPECT_EQ(heavy({.threads = 1, .memory_bytes = kMemory}).code(), Code::resource_exhausted);
    EXPECT_EQ(heavy({.threads = 1,
                     .memory_bytes = kMemory,
                     .temp_folder = path("tmp"),
                     .temp_bytes_max = 10 << 20})
                  .code(),
              Code::resource_exhausted);
}

// Holds the lock that DuckDB asks for, in a process of its own.
class Holder {
public:
    explicit Holder(const std::string& path) {
        int ready[2];
        EXPECT_EQ(pipe(ready), 0);
        process_ = fork();
        if (process_ == 0) {
            const int file = open(path.c_str(), O_RDWR);
            struct flock lock{};
            lock.l_type = F_WRLCK;
            const char answer = fcntl(file, F_SETLK, &lock) == 0 ? 'y' : 'n';
            if (write(ready[1], &answer, 1) == 1) pause();
            _exit(0);
        }
        char answer = 0;
        EXPECT_EQ(read(ready[0], &answer, 1), 1);
        EXPECT_EQ(answer, 'y');
        close(ready[0]);
        close(ready[1]);
    }
    ~Holder() {
        kill(process_, SIGKILL);
        waitpid(process_, nullptr, 0);
    }

private:
    pid_t process_;
};

TEST_F(HostileTest, ASecondWriterIsTold) {
    {
        ASSERT_TRUE(Database::open({.path = path("w.duckdb"), .threads = 1}).ok());
    }
    const Holder holder(path("w.duckdb"));
    const Status status = Database::open({.path = path("w.duckdb"), .threads = 1}).status();
    EXPECT_EQ(status.code(), Code::unavailable) << status.text();
    EXPECT_NE(status.hint().find("another process"), std::string::npos) << status.text();
}

TEST_F(HostileTest, BrokenFilesAreRefusedOrReadAsTheyWere) {
    const std::string file = path("w.duckdb");
    {
        auto session = Database::open({.path = file, .threads = 1})->connect().value();
        ASSERT_TRUE(session.execute("create table t as select i from range(100000) r(i)").ok());
    }
    const std::string whole = read_file(file).value();
    const auto check = [&](const std::string& bytes) {
        ASSERT_TRUE(write_file_durable(file, bytes).ok());
        auto database = Database::open({.path = file, .threads = 1});
        if (!database.ok()) {
            EXPECT_EQ(database.status().code(), Code::corrupt) << database.status().text();
            EXPECT_NE(database.status().hint(), "");
            return;
        }
        auto session = database->connect();
        if (session.ok()) session->query_int("select sum(i)::bigint from t").status().ignore("");
    };
    check("");
    check("not a database");
    for (const size_t size : {100, 4'096, 12'288, 100'000}) {
        check(whole.substr(0, std::min(size, whole.size() - 1)));
    }
    for (const size_t at : {0, 8, 20, 4'100, 8'200, 12'300}) {
        std::string bytes = whole;
        bytes[at] = static_cast<char>(bytes[at] ^ 0x55);
        check(bytes);
    }
}

TEST_F(HostileTest, ALogThatDoesNotFitIsRefusedWithAWayOut) {
    const std::string file = path("w.duckdb");
    std::string whole, log;
    {
        auto session = Database::open({.path = file, .threads = 1})->connect().value();
        ASSERT_TRUE(session.execute("create table t as select 1 as i; checkpoint").ok());
        ASSERT_TRUE(session.execute("insert into t select * from range(1000)").ok());
        // As after a crash.
        whole = read_file(file).value();
        log = read_file(file + ".wal").value();
    }
    const auto open_with = [&](const std::string& log_bytes) {
        const std::string other = path("other.duckdb");
        EXPECT_TRUE(write_file_durable(other, whole).ok());
        EXPECT_TRUE(write_file_durable(other + ".wal", log_bytes).ok());
        return Database::open({.path = other, .threads = 1}).status();
    };
    EXPECT_TRUE(open_with(log).ok());
    int refused = 0;
    for (size_t at = 0; at < log.size(); at += log.size() / 40 + 1) {
        std::string bytes = log;
        bytes[at] = static_cast<char>(bytes[at] ^ 0x55);
        const Status status = open_with(bytes);
        if (status.ok()) continue;
        ++refused;
        EXPECT_EQ(status.code(), Code::corrupt) << status.text();
        EXPECT_NE(status.hint().find("move it away"), std::string::npos) << status.text();
    }
    EXPECT_GT(refused, 0);
}

TEST_F(HostileTest, NothingIsInstalledOrLoadedUnasked) {
    const auto setting = [&](const std::string& name) {
        return session_.query_text("select current_setting('" + name + "')::varchar")
            .value()
            .value_or("");
    };
    EXPECT_EQ(setting("autoinstall_known_extensions"), "false");
    EXPECT_EQ(setting("autoload_known_extensions"), "false");
    EXPECT_EQ(setting("allow_community_extensions"), "false");
    EXPECT_EQ(setting("temp_directory"), "");
    EXPECT_EQ(setting("TimeZone"), "UTC");
}

}  // namespace
}  // namespace quern::sql
