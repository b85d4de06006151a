using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using DmIo.Volumes.Record;
using Xunit;

namespace DmIo.Volumes.Tests.Check;

public sealed class StateCodecTests
{
    private readonly StateCodec codec = new();

    internal enum Color : sbyte
    {
        Red = -1,
        Green,
        Blue,
    }

    [Fact]
    public void Every_supported_kind_of_field_is_decoded_as_it_was()
    {
        var graph = new Everything();
        graph.Fill();

        AssertRoundTrip(graph);
        AssertRoundTrip(new Everything());
    }

    [Fact]
    public void Private_readonly_and_inherited_fields_are_decoded_without_a_constructor()
    {
        var copy = AssertRoundTrip(new Derived(7, "x"));

        Assert.Equal("7 x 14", copy.Text);
    }

    /// <summary>Graphs of nodes with random references, so with cycles and shared instances.</summary>
    [Fact]
    public void Random_graphs_are_decoded_as_they_were()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var nodes = Enumerable.Range(0, random.Next(1, 40)).Select(_ => Node.Make(random)).ToArray();
            foreach (var node in nodes)
            {
                node.Connect(nodes, random);
            }

            var bytes = codec.Encode(nodes).ToArray();
            var copy = codec.Decode<Node[]>(bytes);

            Assert.True(GraphComparer.Difference(nodes, copy) is null, $"seed {seed}");
            Assert.True(codec.Encode(copy).SequenceEqual(bytes), $"seed {seed}");
        }
    }

    [Fact]
    public void A_shared_instance_differs_from_two_equal_ones()
    {
        List<int> shared = [1];

        Assert.NotEqual(Bytes(new[] { shared, shared }), Bytes(new[] { shared, [1] }));
        var copy = AssertRoundTrip(new[] { shared, shared });
        Assert.Same(copy[0], copy[1]);
    }

    [Fact]
    public void A_shared_value_is_the_same_as_two_equal_ones()
    {
        var message = new Prepare(1, "a");

        Assert.Equal(Bytes(new Message[] { message, message }), Bytes(new Message[] { message, new Prepare(1, "a") }));
        Assert.NotEqual(Bytes(new Message[] { message }), Bytes(new Message[] { new Prepare(1, "b") }));
        Assert.NotEqual(Bytes(new Message[] { message }), Bytes(new Message[] { new Promise(1, message) }));
    }

    [Fact]
    public void The_history_of_a_container_does_not_matter()
    {
        var list = new List<int>(100) { 9, 1 };
        list.Remove(9);
        var queue = new Queue<int>([5, 1]);
        queue.Enqueue(2);
        queue.Dequeue();
        var set = new HashSet<string>(["z", "b", "a"]);
        set.Remove("z");
        var map = new Dictionary<int, string> { [300] = "c", [2] = "b", [1] = "a" };
        map.Remove(1);
        map[5] = "e";

        Assert.Equal(Bytes(new List<int> { 1 }), Bytes(list));
        Assert.Equal(Bytes(new Queue<int>([1, 2])), Bytes(queue));
        Assert.Equal(Bytes(new HashSet<string>(["a", "b"])), Bytes(set));
        Assert.Equal(Bytes(new Dictionary<int, string> { [5] = "e", [2] = "b", [300] = "c" }), Bytes(map));
    }

    [Fact]
    public void The_bytes_do_not_depend_on_the_graphs_that_the_codec_met_before()
    {
        var other = new StateCodec();
        other.Encode<object>(new Message[] { new Promise(3, null) });
        other.Decode<object>(other.Encode<object>(new Dictionary<Color, Message?> { [Color.Blue] = null }).ToArray());
        object graph = new object[] { new Prepare(1, "a"), 5, new List<Message> { new Prepare(1, "a") }, Color.Red };

        Assert.Equal(codec.Encode(graph).ToArray(), other.Encode(graph).ToArray());
        AssertRoundTrip(graph);
    }

    [Fact]
    public void A_decoded_graph_shares_no_mutable_instance_with_another_one()
    {
        var graph = new Everything();
        graph.Fill();
        var bytes = Bytes(graph);
        var first = codec.Decode<Everything>(bytes);

        first.Change();

        Assert.NotNull(GraphComparer.Difference(first, graph));
        Assert.Null(GraphComparer.Difference(codec.Decode<Everything>(bytes), graph));
    }

    [Fact]
    public void Long_values_and_long_strings_are_decoded()
    {
        foreach (var length in new[] { 126, 127, 128, 129, 5000, 20_000 })
        {
            AssertRoundTrip(new object[] { new Prepare(length, new string('é', length)), new string('x', length) });
        }
    }

    [Fact]
    public void A_declared_value_may_contain_arrays()
    {
        var declared = new StateCodec(new StateSchema(typeof(Bits)));
        var bits = new Bits([1, 2]);

        Assert.Equal(
            declared.Encode(new[] { bits, bits }).ToArray(),
            declared.Encode(new[] { bits, new Bits([1, 2]) }).ToArray());
        Assert.NotEqual(Bytes(new[] { bits, bits }), Bytes(new[] { bits, new Bits([1, 2]) }));
    }

    [Fact]
    public void The_record_of_a_volume_is_a_value() => Assert.True(new StateTypes([]).IsValue(typeof(VolumeRecord)));

    [Fact]
    public void Small_numbers_and_small_Guids_have_one_byte_per_number()
    {
        Assert.Single(Bytes(-64));
        Assert.Single(Bytes(127UL));
        Assert.Equal(2, Bytes(new Guid(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)).Length);
        Assert.Equal(2, Bytes(new Guid(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9)).Length);
    }

    private byte[] Bytes<T>(T graph) => codec.Encode(graph).ToArray();

    private T AssertRoundTrip<T>(T graph)
    {
        var bytes = Bytes(graph);
        var copy = codec.Decode<T>(bytes);
        Assert.Null(GraphComparer.Difference(graph, copy));
        Assert.Equal(bytes, Bytes(copy));
        return copy;
    }

    internal abstract record Message(int From);

    internal sealed record Prepare(int From, string Text) : Message(From);

    internal sealed record Promise(int From, Prepare? Accepted) : Message(From)
    {
        public ImmutableArray<Prepare> Others { get; init; } = [];
    }

    internal readonly record struct Version(ulong Round, Guid Writer);

    internal sealed record Bits(int[] Words);

    [InlineArray(3)]
    internal struct Three
    {
        private short first;

        public void Set(short value) => first = value;
    }

    internal struct Mixed
    {
        public Version Version;
        public List<int>? Numbers;
        public (int A, string? B) Pair;
    }

    internal sealed class Everything
    {
        private readonly byte[] bytes = [1, 2, 255];
        private readonly ulong[] words = [0, 1, ulong.MaxValue];
        private bool flag;
        private char letter;
        private long? number;
        private Version? version;
        private short small;
        private uint large;
        private double real;
        private float single;
        private decimal money;
        private TimeSpan time;
        private Int128 huge;
        private Color color;
        private string? text;
        private object? anything;
        private Everything? self;
        private Mixed mixed;
        private Three three;
        private Mixed[]? mixes;
        private Message?[]? messages;
        private ImmutableArray<Message> immutable;
        private List<Message>? list;
        private Queue<Version>? queue;
        private Stack<string>? stack;
        private SortedDictionary<int, List<int>>? sorted;
        private SortedList<int, string>? sortedList;
        private SortedSet<Color>? sortedSet;
        private Dictionary<Version, object?>? map;
        private Dictionary<string, int>? ordinal;
        private HashSet<Message>? set;
        private IReadOnlyList<int>? readOnly;
        private Tuple<int, string>? tuple;

        public void Fill()
        {
            (flag, letter, number, small, large) = (true, 'ß', long.MinValue, short.MinValue, uint.MaxValue);
            (real, single, money, huge) = (-0.5, float.MaxValue, 12.50m, Int128.MinValue);
            (time, color, text) = (TimeSpan.FromSeconds(-3), Color.Red, "text \ud800");
            version = new Version(300, Guid.Parse("01234567-89ab-cdef-0123-456789abcdef"));
            mixed = new Mixed { Version = version.Value, Numbers = [1, 2], Pair = (3, "b") };
            three.Set(-5);
            three[2] = 77;
            mixes = [mixed, default];
            messages = [new Prepare(1, "a"), null, new Promise(2, new Prepare(1, "a")) { Others = [new(5, "c")] }];
            immutable = [.. messages.OfType<Message>()];
            list = [.. immutable, immutable[0]];
            queue = new Queue<Version>([version.Value, default]);
            stack = new Stack<string>(["bottom", "top"]);
            sorted = new() { [-5] = mixed.Numbers, [4] = [] };
            sortedList = new() { [2] = "two", [1] = "one" };
            sortedSet = [Color.Blue, Color.Red];
            map = new() { [version.Value] = mixed.Numbers, [default] = 17 };
            ordinal = new(StringComparer.Ordinal) { ["b"] = 1, ["a"] = 2 };
            set = [.. immutable];
            readOnly = [4, 5, 6];
            tuple = Tuple.Create(1, "one");
            (anything, self) = (map, this);
        }

        public void Change()
        {
            bytes[0]++;
            words[0]++;
            (flag, letter, number, small, large, real, single) = (!flag, 'x', 1, 1, 1, 1, 1);
            (money, time, huge, color, text, version) = (1, default, 1, default, null, null);
            mixed.Numbers!.Add(1);
            mixes![0] = default;
            messages![0] = null;
            list!.Clear();
            queue!.Clear();
            stack!.Clear();
            sorted!.Clear();
            sortedList!.Clear();
            sortedSet!.Clear();
            map!.Clear();
            ordinal!.Clear();
            set!.Clear();
            (anything, self, immutable, readOnly, tuple) = (null, null, [], null, null);
            three[0] = 1;
        }
    }

    internal abstract class Base(int number)
    {
        private readonly int number = number;

        protected int Number => number;
    }

    internal sealed class Derived(int value, string name) : Base(value * 2)
    {
        private readonly int number = value;

        public string Text => $"{number} {name} {Number}";
    }

    internal class Node
    {
        private readonly List<Node?> neighbors = [];
        private readonly SortedDictionary<int, Node> named = [];
        private object? any;
        private long weight;

        public static Node Make(Random random) => random.Next(3) == 0 ? new Leaf() : new Node();

        public void Connect(Node[] nodes, Random random)
        {
            weight = random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64);
            for (var i = random.Next(4); i > 0; i--)
            {
                neighbors.Add(random.Next(4) == 0 ? null : nodes[random.Next(nodes.Length)]);
                named[random.Next(5)] = nodes[random.Next(nodes.Length)];
            }

            any = random.Next(4) switch
            {
                0 => nodes[random.Next(nodes.Length)],
                1 => nodes[random.Next(nodes.Length)].neighbors,
                2 => new Prepare(random.Next(3), "p"),
                _ => weight,
            };
        }

        private sealed class Leaf : Node
        {
            private readonly Node?[] leaves = new Node?[2];
            private readonly Message message = new Promise(1, new Prepare(2, "q"));

            public override string ToString() => $"{message} {leaves.Length}";
        }
    }
}
