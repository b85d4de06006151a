using Akka.Configuration;
using DmIo.Actors.Configuration;
using DmIo.Cli.Exit;
using Serilog;
using Serilog.Events;

namespace DmIo.Cli.Service;

/// <summary>
/// The configuration of the actor system: the log level of <c>-v</c>, then the file of the user, then the defaults,
/// which log warnings by Serilog and nothing on standard output.
/// </summary>
internal static class SessionConfiguration
{
    private const string Defaults = """
        akka {
          loglevel = WARNING
          stdout-loglevel = OFF
          loggers = ["Akka.Logger.Serilog.SerilogLogger, Akka.Logger.Serilog"]
          logger-formatter = "Akka.Logger.Serilog.SerilogLogMessageFormatter, Akka.Logger.Serilog"
          log-dead-letters = off
          log-dead-letters-during-shutdown = off
          coordinated-shutdown.run-by-clr-shutdown-hook = off
        }
        dmio.devices {
        }
        """;

    internal static Config Read(string? path, int verbosity)
    {
        var config = ConfigurationFactory.ParseString(Defaults);
        if (path is not null)
        {
            config = ReadFile(path).WithFallback(config);
        }

        return verbosity switch
        {
            0 => config,
            1 => ConfigurationFactory.ParseString("akka.loglevel = INFO").WithFallback(config),
            _ => ConfigurationFactory.ParseString("akka.loglevel = DEBUG").WithFallback(config),
        };
    }

    private static Config ReadFile(string path)
    {
        var text = ReadText(path);
        if (HoconText.FaultOf(text) is { } fault)
        {
            throw new RefusedException($"--config '{path}' is not HOCON: {fault}");
        }

        var config = Parse(path, text);
        if (MisplacedSettings.Find(config) is [var misplaced, ..])
        {
            throw new RefusedException($"--config '{path}': {misplaced}");
        }

        return config.HasPath("dmio") || config.HasPath("akka")
            ? config
            : throw new RefusedException(
                $"--config '{path}' has no settings: it has neither a block dmio nor a block akka. Devices are "
                + "written as dmio { devices { NAME { ... } } }.");
    }

    private static string ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new RefusedException($"cannot read --config '{path}': {FileFault.Explain(fault, path)}", fault);
        }
    }

    /// <summary>Akka.NET's parser throws exceptions of many types.</summary>
    private static Config Parse(string path, string text)
    {
        try
        {
            return ConfigurationFactory.ParseString(text);
        }
        catch (Exception fault)
        {
            throw new RefusedException(
                $"--config '{path}' is not HOCON: {HoconText.Explain(text, fault.Message)}", fault);
        }
    }
}

/// <summary>The Serilog logger of the process. Each event is one line on standard error, followed by its
/// exception.</summary>
internal static class StandardErrorLog
{
    private const string Template = "{Timestamp:HH:mm:ss.fff} {Level:u3} {Message:lj}{NewLine}{Exception}";

    /// <summary>Starts the logger with warnings and errors; with verbosity 1 also information, with 2
    /// everything.</summary>
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
