using Akka.Configuration;

namespace DmIo.Cli;

/// <summary>
/// The actor system's configuration: what <c>-v</c> says, over the user's file, over the command's own defaults:
/// warnings only, to Serilog, and never a word on standard output.
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

    internal static Config Read(string? path, int verbosity, string? monitor = null)
    {
        var config = ConfigurationFactory.ParseString(Defaults);
        if (path is not null)
        {
            config = ReadFile(path).WithFallback(config);
        }

        if (monitor is not null)
        {
            var text = monitor.Replace("\\", "\\\\", StringComparison.Ordinal)
                .Replace("\"", "\\\"", StringComparison.Ordinal);
            config = ConfigurationFactory.ParseString($"dmio.monitor.socket = \"{text}\"").WithFallback(config);
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
        try
        {
            return ConfigurationFactory.ParseString(File.ReadAllText(path));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new RefusedException($"cannot read --config '{path}': {FileFault.Explain(fault, path)}", fault);
        }
        catch (Exception fault)
        {
            // Akka.NET's parser throws exceptions of many types.
            throw new RefusedException($"--config '{path}' is not HOCON: {fault.Message}", fault);
        }
    }
}
