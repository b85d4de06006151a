using Akka.Configuration;
using Akka.Configuration.Hocon;
using DmIo.Actors.Configuration;
using DmIo.Hosting.Servers;
using DmIo.Volumes.Configuration;
using Microsoft.Extensions.Configuration;

namespace DmIo.Hosting.Configuration;

/// <summary>
/// Converts a section of an <see cref="IConfiguration"/> to a HOCON block. Setting keys may be spelled
/// <c>max-pages</c>, <c>MaxPages</c> or <c>max_pages</c>, in any case, as in environment variables. Names of devices,
/// servers, exports and clients are used unchanged: dots in them are not separators, enclosing quotes are removed, and
/// a name that is already configured keeps that spelling.
/// </summary>
internal sealed class ConfigurationTree
{
    private const string Root = "dmio";

    /// <summary>The paths of blocks whose keys are names, not settings; <c>*</c> matches any name.</summary>
    private static readonly HashSet<string> BlocksOfNames = new(StringComparer.Ordinal)
    {
        "dmio/devices",
        "dmio/device-providers",
        "dmio/nbd-servers",
        "dmio/nbd-servers/*/exports",
        "dmio/nbd-servers/*/tls/clients",
        "dmio/volumes",
    };

    /// <summary>The HOCON spelling of each setting, by its letters alone.</summary>
    private static readonly Dictionary<string, string> Settings = SettingsOf(
        DmIoSettings.Reference.GetValue(Root),
        NbdServerSettings.Reference.GetValue(Root),
        VolumeSettings.Reference.GetValue(Root));

    /// <param name="section">The section that becomes the block <c>dmio</c>.</param>
    /// <param name="configured">The existing configuration.</param>
    /// <exception cref="ConfigurationException">A setting occurs twice, with different spellings.</exception>
    internal static HoconTree Read(IConfiguration section, Config configured) =>
        BlockOf(section.GetChildren(), Root, Root, configured.IsEmpty ? null : configured.GetValue(Root));

    private static HoconTree BlockOf(
        IEnumerable<IConfigurationSection> children, string path, string shownPath, HoconValue? configured)
    {
        var block = new HoconTree();
        var others = configured is not null && configured.IsObject() ? configured.GetObject().Items : null;
        var hasNames = BlocksOfNames.Contains(path);
        foreach (var child in children)
        {
            var key = hasNames ? NameOf(child.Key, others?.Keys) : SettingOf(child.Key);
            var value = ValueOf(
                child, $"{path}/{(hasNames ? "*" : key)}", $"{shownPath}.{key}", others?.GetValueOrDefault(key));
            if (!block.TryAdd(key, value))
            {
                throw new ConfigurationException(
                    $"{shownPath}.{key} is configured twice, the second time as '{child.Path}'. Remove one of them.");
            }
        }

        return block;
    }

    private static object? ValueOf(
        IConfigurationSection section, string path, string shownPath, HoconValue? configured)
    {
        var children = section.GetChildren().ToArray();
        if (children.Length == 0)
        {
            // The JSON provider converts true and false to True and False.
            return section.Value is "True" or "False" ? HoconTree.TextOf(section.Value == "True") : section.Value;
        }

        return !BlocksOfNames.Contains(path) && Array.TrueForAll(children, child => int.TryParse(child.Key, out _))
            ? children.OrderBy(child => int.Parse(child.Key))
                .Select(child => ValueOf(child, $"{path}[]", $"{shownPath}[{child.Key}]", null)).OfType<object>()
                .ToArray()
            : BlockOf(children, path, shownPath, configured);
    }

    private static string SettingOf(string key) =>
        Settings.TryGetValue(LettersOf(key), out var setting) ? setting : HoconTree.KeyOf(key);

    private static string NameOf(string key, IEnumerable<string>? configured)
    {
        var name = key.Length >= 2 && key[0] == '"' && key[^1] == '"' ? key[1..^1] : key;
        return configured?.FirstOrDefault(other => string.Equals(other, name, StringComparison.OrdinalIgnoreCase))
            ?? name;
    }

    private static string LettersOf(string key) =>
        key.Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();

    private static Dictionary<string, string> SettingsOf(params HoconValue[] roots)
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in (string[])["backend", "path", "size", "uri", "witness"])
        {
            settings[name] = name;
        }

        foreach (var root in roots)
        {
            Add(settings, root, Root);
        }

        return settings;
    }

    private static void Add(Dictionary<string, string> settings, HoconValue value, string path)
    {
        if (!value.IsObject())
        {
            return;
        }

        var hasNames = BlocksOfNames.Contains(path);
        foreach (var (key, item) in value.GetObject().Items)
        {
            if (!hasNames)
            {
                settings[LettersOf(key)] = key;
            }

            Add(settings, item, $"{path}/{(hasNames ? "*" : key)}");
        }
    }
}
