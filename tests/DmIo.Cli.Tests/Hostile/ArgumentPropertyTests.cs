using System.Net;
using DmIo.Cli.Arguments;
using DmIo.Cli.Exit;
using DmIo.Nbd;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace DmIo.Cli.Tests.Hostile;

/// <summary>The parsers of arguments: any text is accepted, or refused by one type of exception with the text in the
/// message. A failure prints the seed that repeats it.</summary>
public sealed class ArgumentPropertyTests
{
    private static readonly string[] Parts =
    [
        "mem:", "null:", "64MiB", "0", "512", "513", "-1", "9EiB", "8EiB", "disk", "=", ",", "@", ":", "10809", "65536",
        "127.0.0.1", "[::1]", "[", "]", "::", "%", "localhost", "0.0.0.0", ".", "..", "/", "nbd://", "://", " ", "\0",
        "\n", "\ud800", "é", "\u0661", new('x', 300), new('9', 50),
    ];

    private static Arbitrary<string> Texts => Arb.From(Gen.OneOf(
        ArbMap.Default.GeneratorFor<string>().Where(text => text is not null),
        Gen.Elements(Parts).ArrayOf().Select(string.Concat)));

    [Fact]
    public void Any_text_is_a_device_or_is_refused() => Check(text =>
    {
        try
        {
            return DeviceArgument.Read(text, new HashSet<string>(StringComparer.Ordinal) { "disk" }).Text == text;
        }
        catch (RefusedException refusal)
        {
            return refusal.Message.Contains(text, StringComparison.Ordinal);
        }
    });

    [Fact]
    public void Any_text_is_an_export_or_is_refused() => Check(text => IsReadOrRefused(text, () =>
    {
        var export = ExportArgument.Parse(text);
        return $"{export.Name}={export.Device}" == text;
    }));

    [Fact]
    public void Any_text_is_an_address_or_is_refused() => Check(text => IsReadOrRefused(text, () =>
        NbdAddress.ParseIP(text) is { Port: >= 0 and <= IPEndPoint.MaxPort }));

    [Fact]
    public void Any_printed_address_is_parsed_back() => Prop.ForAll(
        Arb.From(
            from bytes in Gen.Elements(4, 16).SelectMany(count => Gen.Choose(0, 255).ArrayOf(count))
            from port in Gen.Choose(0, 65535)
            select new IPEndPoint(new IPAddress([.. bytes.Select(one => (byte)one)]), port)),
        place => NbdAddress.ParseIP(place.ToString()).Equals(place)).Check(Many);

    [Fact]
    public void Any_text_is_a_sockets_path_or_is_refused() => Check(text =>
    {
        try
        {
            return NbdAddress.ParsePath(text).ToString().Length > 0;
        }
        catch (FormatException refusal)
        {
            return refusal.Message.Contains("path", StringComparison.Ordinal);
        }
    });

    private static Config Many => Config.QuickThrowOnFailure.WithMaxTest(FuzzPlan.Cases * 10);

    private static bool IsReadOrRefused(string text, Func<bool> isRead)
    {
        try
        {
            return isRead();
        }
        catch (FormatException refusal)
        {
            return refusal.Message.Contains(text, StringComparison.Ordinal);
        }
    }

    private static void Check(Func<string, bool> holds) => Prop.ForAll(Texts, holds).Check(Many);
}
