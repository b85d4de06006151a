using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace DmIo.Nbd.Tests.Protocol;

/// <summary>Any text is parsed as a URI or refused, and a parsed URI round trips. A failure prints the seed that
/// replays it.</summary>
public sealed class NbdUriPropertyTests
{
    private static readonly string[] Pieces =
    [
        "nbd://", "nbds://", "nbd+unix://", "nbds+unix:///", "NBD://", "host", "[::1]", "[", "]", "127.0.0.1", ":10809",
        ":0", ":99999", "/", "//", "/..", "/.", "disk", "%2e%2e", "%00", "%ff", "%", "%ed%a0%80", "\\", "?", "socket=",
        "socket=s", "tls-hostname=", "tls-hostname=x", "tls-verify-peer=0", "tls-type=x509", "&", "=", "#", "@", "u:p@",
        " ", "\0", "\n", "\ud800", "\udc00", "é", "xn--", "xn--0", "\u3002", "٣", new('x', 300), new('é', 2100),
    ];

    [Fact]
    public void Any_text_is_parsed_or_refused_with_the_text_in_the_message() => Check(Arb.From(Texts), text =>
    {
        try
        {
            var uri = NbdUri.Parse(text);
            return NbdUri.TryParse(text, out var same) && uri == same;
        }
        catch (FormatException refusal)
        {
            return !NbdUri.TryParse(text, out _) && refusal.Message.Contains(text, StringComparison.Ordinal);
        }
    });

    [Fact]
    public void A_parsed_URI_round_trips() => Check(Arb.From(Texts), text =>
        !NbdUri.TryParse(text, out var uri) || NbdUri.Parse(uri.ToString()) == uri);

    [Fact]
    public void A_URI_made_of_parts_is_refused_or_round_trips() => Check(
        Arb.From(
            from place in Parts
            from export in Parts
            from port in Gen.OneOf(Gen.Choose(-1, 70_000), ArbMap.Default.GeneratorFor<int>())
            from isTls in ArbMap.Default.GeneratorFor<bool>()
            select (place, export, port, isTls)),
        parts => IsRefusedOrReadsBack(() => NbdUri.Tcp(parts.place, parts.port, parts.export, parts.isTls))
            && IsRefusedOrReadsBack(() => NbdUri.Unix(parts.place, parts.export, parts.isTls)));

    private static Gen<string> Parts => Gen.OneOf(
        ArbMap.Default.GeneratorFor<string>().Where(text => text is not null),
        Gen.Elements(Pieces).ArrayOf().Select(string.Concat),
        Gen.Elements("host", "disk", "a/../b", "..", ".", "a//b", "::1", "127.0.0.1", "", "a b", "\0abstract"));

    private static Gen<string> Texts => Gen.OneOf(
        Parts,
        from scheme in Gen.Elements(Pieces[..5])
        from rest in Gen.Elements(Pieces).ArrayOf()
        select scheme + string.Concat(rest),
        from scheme in Gen.Elements("nbd://", "nbds://")
        from host in Gen.Elements("host", "[::1]", "h.example", "é", "\u3002", "a_b", "%41", "1", "0x7f.1")
        from rest in Gen.Elements(Pieces).ArrayOf()
        select $"{scheme}{host}/{string.Concat(rest)}");

    private static bool IsRefusedOrReadsBack(Func<NbdUri> make)
    {
        NbdUri uri;
        try
        {
            uri = make();
        }
        catch (ArgumentException refusal)
        {
            return refusal.ParamName is not null;
        }

        return NbdUri.Parse(uri.ToString()) == uri;
    }

    private static void Check<T>(Arbitrary<T> values, Func<T, bool> holds) =>
        Prop.ForAll(values, holds).Check(Config.QuickThrowOnFailure.WithMaxTest(FuzzPlan.Cases * 10));
}
