using DmIo.Cli;
using DmIo.Cli.Exit;
using DmIo.Cli.Streams;
using DmIo.Native;

// The .NET runtime has two descriptors for each loaded assembly, and fails at arbitrary places without free
// descriptors.
const int minDescriptors = 160;
if (LinuxNative.IsAvailable && LinuxNative.DescriptorLimit(out var limit) == 0 && limit < minDescriptors)
{
    Console.Error.WriteLine(
        $"dmio: this process may open {limit} descriptors (RLIMIT_NOFILE), and dmio needs at least {minDescriptors}; "
        + $"raise the limit (ulimit -n {minDescriptors}).");
    return ExitCode.Refused;
}

// .NET reads this variable once, when the process opens its first socket. With "1", the thread that receives the
// completion of a socket operation runs the continuation, which saves the wake-up of a pool thread. The continuations
// of NBD connections are short: they receive a message and pass it on. A value that the user has set has precedence.
const string inlineCompletions = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";
if (Environment.GetEnvironmentVariable(inlineCompletions) is null)
{
    Environment.SetEnvironmentVariable(inlineCompletions, "1");
}

using var console = new SystemConsole();
return await CommandLine.RunAsync(args, console);
