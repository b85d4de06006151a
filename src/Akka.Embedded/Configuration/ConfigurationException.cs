// A configuration that reads well but says something that cannot be used.

using Akka.Actor;

namespace Akka.Configuration;

/// <summary>A configuration is missing something, or holds a value that its reader cannot use.</summary>
public class ConfigurationException : AkkaException
{
    public ConfigurationException(string message)
        : base(message)
    {
    }

    public ConfigurationException(string message, Exception? exception)
        : base(message, exception)
    {
    }

    /// <summary>For a <typeparamref name="T"/> that got no configuration, or none under the path.</summary>
    public static ConfigurationException NullOrEmptyConfig<T>(string? path = null) =>
        new($"Failed to instantiate {typeof(T).Name}: Configuration "
            + (string.IsNullOrWhiteSpace(path) ? "is null or empty" : $"does not contain `{path}` node"));
}
