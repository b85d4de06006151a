using DmIo.Cli;

if (DescriptorNeed.Fault() is { } fault)
{
    Console.Error.WriteLine($"dmio: {fault}");
    return ExitCode.Refused;
}

SocketCompletions.RunInline();
using var console = new SystemConsole();
return await CommandLine.RunAsync(args, console);
