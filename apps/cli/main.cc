#include "apps/cli/command.h"

int main(int argc, char** argv) { return quern::cli::run_command_line(argc, argv); }
