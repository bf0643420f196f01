#include <cstdlib>

#include "apps/cli/command.h"

int main(int argc, char** argv) {
    // LightGBM's threads wait for each other thousands of times in a training. By default libgomp
    // keeps a waiting thread on its processor so long that other work there makes a training take
    // ten times as long. It reads this when the first training loads it.
    setenv("GOMP_SPINCOUNT", "10000", /*overwrite=*/0);
    // MongoDB's library puts counters into /dev/shm, which nobody removes after a kill.
    setenv("MONGOC_DISABLE_SHM", "1", /*overwrite=*/0);
    return quern::cli::run_command_line(argc, argv);
}
