using DmIo.Cli;
using DmIo.Cli.Exit;
using DmIo.Cli.Streams;

if (DescriptorNeed.Fault() is { } fault)
{
    Console.Error.WriteLine($"dmio: {fault}");
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
