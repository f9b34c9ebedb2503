// Runs a command and prints its seconds and the most memory that it or a process under it had, in MB.
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char** argv) {
    if (argc < 2) return 2;
    const auto start = std::chrono::steady_clock::now();
    const pid_t child = fork();
    if (child == 0) {
        dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
        execvp(argv[1], argv + 1);
        std::perror(argv[1]);
        std::_Exit(127);
    }
    int status = 0;
    rusage usage{};
    if (child < 0 || wait4(child, &status, 0, &usage) != child) return 1;
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
    std::printf("%.6f %.1f\n", time.count(), static_cast<double>(usage.ru_maxrss) * 1024e-6);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
