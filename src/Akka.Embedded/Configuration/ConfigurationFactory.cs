// Where configurations come from: text, and text embedded in an assembly.

using System.Reflection;
using Akka.Configuration.Hocon;

namespace Akka.Configuration;

public static class ConfigurationFactory
{
    /// <summary>A configuration without any key.</summary>
    public static Config Empty => ParseString("");

    /// <summary>Reads HOCON.</summary>
    /// <exception cref="FormatException">The text is not HOCON; the message names line and column.</exception>
    /// <exception cref="ConfigurationException">An unquoted value runs into a second '=' or ':'.</exception>
    public static Config ParseString(string hocon)
    {
        ArgumentNullException.ThrowIfNull(hocon);
        return new Config(HoconParser.Parse(hocon));
    }

    /// <summary>The defaults of every key that the runtime itself reads.</summary>
    public static Config Default() => FromResource("Akka.Configuration.akka.conf", typeof(Config).Assembly);

    /// <exception cref="ConfigurationException">The assembly has no resource of that name.</exception>
    public static Config FromResource(string resourceName, Assembly assembly)
    {
        ArgumentNullException.ThrowIfNull(assembly);
        using var stream = assembly.GetManifestResourceStream(resourceName)
            ?? throw new ConfigurationException($"{assembly.GetName().Name} has no resource named '{resourceName}'.");
        using var reader = new StreamReader(stream);
        return ParseString(reader.ReadToEnd());
    }
}
