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
}
