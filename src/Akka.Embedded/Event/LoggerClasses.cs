// The classes for logging that the configuration names, and that no actor system starts as actors.

using Akka.Configuration;

namespace Akka.Event;

internal static class LoggerClasses
{
    /// <exception cref="ConfigurationException">The class that is named does not serve.</exception>
    internal static MinimalLogger StdoutLoggerOf(Config config) =>
        InstanceOf<MinimalLogger>(config, "akka.stdout-logger-class") ?? new StandardOutLogger();

    /// <exception cref="ConfigurationException">The class that is named does not serve.</exception>
    internal static ILogMessageFormatter FormatterOf(Config config) =>
        InstanceOf<ILogMessageFormatter>(config, "akka.logger-formatter") ?? DefaultLogMessageFormatter.Instance;

    private static T? InstanceOf<T>(Config config, string key)
        where T : class
    {
        var name = config.GetString(key);
        if (string.IsNullOrWhiteSpace(name))
        {
            return null;
        }

        var type = TypeResolver.Resolve(name, key);
        if (type == typeof(DefaultLogMessageFormatter))
        {
            return DefaultLogMessageFormatter.Instance as T;
        }

        return type.IsAssignableTo(typeof(T)) && type.GetConstructor(Type.EmptyTypes) is not null
            ? (T)Activator.CreateInstance(type)!
            : throw new ConfigurationException(
                $"'{key}' names {type}, which is no {typeof(T).Name} with a constructor without parameters.");
    }
}
