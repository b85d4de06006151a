using Akka.Configuration;
using Akka.Configuration.Hocon;
using DmIo.Actors.Configuration;
using DmIo.Hosting.Servers;
using Microsoft.Extensions.Configuration;

namespace DmIo.Hosting.Configuration;

/// <summary>
/// A section of an <see cref="IConfiguration"/> as a block of HOCON. Keys of settings may be written as usual in either
/// place: <c>max-pages</c>, <c>MaxPages</c>, <c>max_pages</c>, and in any case, as environment variables are. Names of
/// devices, servers, exports and clients are taken as they are: dots in them separate nothing, quotes around them are
/// removed, and one that is configured already keeps its spelling there.
/// </summary>
internal sealed class ConfigurationTree
{
    private const string Root = "dmio";

    /// <summary>The blocks whose keys are names and not settings, by their path; <c>*</c> is any name.</summary>
    private static readonly HashSet<string> BlocksOfNames = new(StringComparer.Ordinal)
    {
        "dmio/devices",
        "dmio/device-providers",
        "dmio/nbd-servers",
        "dmio/nbd-servers/*/exports",
        "dmio/nbd-servers/*/tls/clients",
    };

    /// <summary>By the letters alone: how a setting is spelled.</summary>
    private static readonly Dictionary<string, string> Settings = SettingsOf(
        DmIoSettings.Reference.GetValue(Root), NbdServerSettings.Reference.GetValue(Root));

    /// <param name="section">What becomes the block <c>dmio</c>.</param>
    /// <param name="configured">What is configured already.</param>
    /// <exception cref="ConfigurationException">A setting is written twice, in different ways.</exception>
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
                    $"{shownPath}.{key} is configured twice, the second time as '{child.Path}'. Write it in one way.");
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
            // JSON's true and false arrive with a capital.
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
        foreach (var name in (string[])["backend", "path", "size", "uri"])
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
