// Types that HOCON names. "Akka.Event.DefaultLogger, Akka" means this assembly, whatever it is called here, so that
// one configuration serves both runtimes.

using System.Reflection;

namespace Akka.Configuration;

internal static class TypeResolver
{
    private const string AkkaAssembly = "Akka";

    /// <summary>The type of an assembly-qualified name; null where there is none.</summary>
    internal static Type? Find(string typeName) => Type.GetType(typeName, FindAssembly, null, throwOnError: false);

    /// <exception cref="ConfigurationException">No such type; the message names the key that asks for it.</exception>
    internal static Type Resolve(string typeName, string key) => Find(typeName)
        ?? throw new ConfigurationException($"The type '{typeName}', which '{key}' names, cannot be found.");

    private static Assembly? FindAssembly(AssemblyName name)
    {
        if (name.Name == AkkaAssembly)
        {
            return typeof(TypeResolver).Assembly;
        }

        try
        {
            return Assembly.Load(name);
        }
        catch (Exception exception) when (exception is IOException or BadImageFormatException)
        {
            return null;
        }
    }
}
