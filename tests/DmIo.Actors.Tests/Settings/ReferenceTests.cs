using Akka.Configuration;
using Akka.Configuration.Hocon;
using DmIo.Actors.Configuration;
using Xunit;

namespace DmIo.Actors.Tests.Settings;

/// <summary>hocon/reference.conf and the settings have the same keys.</summary>
public sealed class ReferenceTests
{
    public static TheoryData<string> Keys => [.. Paths("dmio", RootOf(Parse()))];

    [Fact]
    public void The_reference_configuration_is_complete() => Assert.Empty(DmIoSettings.ReadComplete(Parse()).Devices);

    [Theory]
    [MemberData(nameof(Keys))]
    public void The_settings_read_every_key(string path)
    {
        var without = Parse();
        ParentOf(without, path).Items.Remove(LastOf(path));

        var error = Assert.Throws<ConfigurationException>(() => DmIoSettings.ReadComplete(without));

        Assert.StartsWith($"{path} is missing.", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void An_unknown_key_next_to_every_key_is_refused(string path)
    {
        var with = Parse();
        ParentOf(with, path).Items["unheard-of"] = ParentOf(with, path).Items[LastOf(path)];

        var error = Assert.Throws<ConfigurationException>(() => DmIoSettings.ReadComplete(with));

        Assert.Contains("unheard-of", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_key_is_in_a_paragraph_that_explains_it()
    {
        var assembly = typeof(DmIoSettings).Assembly;
        using var text = new StreamReader(assembly.GetManifestResourceStream("DmIo.Actors.reference.conf")!);

        var unexplained = text.ReadToEnd().Split("\n\n").Where(paragraph =>
            paragraph.Contains(" = ", StringComparison.Ordinal) && !paragraph.Contains('#', StringComparison.Ordinal));

        Assert.Empty(unexplained);
    }

    private static Config Parse() =>
        ConfigurationFactory.FromResource("DmIo.Actors.reference.conf", typeof(DmIoSettings).Assembly);

    private static HoconObject RootOf(Config config) => config.GetValue("dmio")!.GetObject()!;

    private static HoconObject ParentOf(Config config, string path) =>
        path.Split('.')[1..^1].Aggregate(RootOf(config), (node, key) => node.Items[key].GetObject()!);

    private static string LastOf(string path) => path.Split('.')[^1];

    /// <summary>The keys of device-providers are schemes, which are not fixed; those of default-dispatcher are
    /// Akka.NET's.</summary>
    private static IEnumerable<string> Paths(string prefix, HoconObject node) => node.Items.SelectMany(item =>
        item.Value.GetObject() is { Items.Count: > 0 } block
        && item.Key is not ("device-providers" or "default-dispatcher")
            ? [.. Paths($"{prefix}.{item.Key}", block), $"{prefix}.{item.Key}"]
            : (IEnumerable<string>)[$"{prefix}.{item.Key}"]);
}
