using Serilog;
using Serilog.Events;

namespace DmIo.Cli;

/// <summary>Where Akka's Serilog logger writes to: standard error, one line for an event, exceptions below
/// it.</summary>
internal static class StandardErrorLog
{
    private const string Template = "{Timestamp:HH:mm:ss.fff} {Level:u3} {Message:lj}{NewLine}{Exception}";

    /// <summary>Makes it the process's logger: warnings and errors, with verbosity 1 also what happens, with 2
    /// all.</summary>
    internal static void Start(int verbosity) => Log.Logger = new LoggerConfiguration()
        .MinimumLevel.Is(verbosity switch
        {
            0 => LogEventLevel.Warning,
            1 => LogEventLevel.Information,
            _ => LogEventLevel.Debug,
        })
        .WriteTo.Console(outputTemplate: Template, standardErrorFromLevel: LevelAlias.Minimum)
        .CreateLogger();
}
