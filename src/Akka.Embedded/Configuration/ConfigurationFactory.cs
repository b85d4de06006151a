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
    public static Config ParseString(string hocon) => ParseString(hocon, null);

    /// <summary>Reads HOCON in which <c>include "name"</c> stands for what the callback answers.</summary>
    public static Config ParseString(string hocon, Func<string, HoconRoot>? includeCallback)
    {
        ArgumentNullException.ThrowIfNull(hocon);
        return new Config(HoconParser.Parse(hocon, includeCallback));
    }

    /// <summary>The defaults of every key that the runtime itself reads.</summary>
    public static Config Default() => FromResource<Config>("Akka.Configuration.akka.conf");

    /// <summary>The runtime's own configuration; no application configuration file is looked for.</summary>
    public static Config Load() => Empty;

    public static Config FromResource<TAssembly>(string resourceName) =>
        FromResource(resourceName, typeof(TAssembly).Assembly);

    /// <summary>Reads the resource of the assembly of an object, of a type, or of an assembly itself.</summary>
    public static Config FromResource(string resourceName, object instanceInAssembly)
    {
        ArgumentNullException.ThrowIfNull(instanceInAssembly);
        return FromResource(resourceName, instanceInAssembly switch
        {
            Assembly assembly => assembly,
            Type type => type.Assembly,
            _ => instanceInAssembly.GetType().Assembly,
        });
    }

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
