using Stint.Agent.Cgroups;
using Stint.Agent.Cgroups.V2;
using Stint.Agent.Devices;

namespace Stint.Agent.Tests.Devices;

public sealed class DeviceProgramTests
{
    private static string Code(params string[] rules) =>
        string.Join('\n', DeviceProgram.Generate([.. rules.Select(DeviceRule.Parse)]).Chunk(8).Select(Convert.ToHexStringLower));

    [Fact]
    public void The_program_of_three_rules_has_these_bytes() => Assert.Equal("""
        6112000000000000
        bc23000000000000
        54020000ffff0000
        7403000010000000
        6114040000000000
        6115080000000000
        5502070002000000
        bc31000000000000
        5401000006000000
        5d31040000000000
        5504030001000000
        5505020003000000
        b400000001000000
        9500000000000000
        5502060002000000
        bc31000000000000
        5401000006000000
        5d31030000000000
        5504020088000000
        b400000001000000
        9500000000000000
        5502040001000000
        55040300fe000000
        5505020000000000
        b400000001000000
        9500000000000000
        b400000000000000
        9500000000000000
        """, Code("c 1:3 rw", "c 136:* rw", "b 254:0 rwm"));

    [Fact]
    public void Without_rules_everything_is_denied() =>
        Assert.EndsWith("b400000000000000\n9500000000000000", Code(), StringComparison.Ordinal);

    [Fact]
    public void More_rules_than_a_program_can_hold_are_refused_with_the_number()
    {
        var rules = Enumerable.Range(0, 600).Select(i => new DeviceRule('c', 300, (uint)i, DeviceAccess.ReadWrite)).ToList();
        Assert.StartsWith("600 device rules make a program of 4808 instructions", Assert.Throws<CgroupException>(() => DeviceProgram.Generate(rules)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("c 1:3 rw"), InlineData("b 254:0 rwm"), InlineData("c 136:* r"), InlineData("c 4294967295:0 m")]
    public void Rules_read_as_the_kernel_writes_them(string text) => Assert.Equal(text, DeviceRule.Parse(text).ToString());

    [Theory]
    [InlineData(""), InlineData("a *:* rwm"), InlineData("c 1:3"), InlineData("c 1:3 x"), InlineData("c 1:-3 r"), InlineData("c *:3 r"), InlineData("d 1:3 r"), InlineData("c 1:3 r extra")]
    public void What_is_no_rule_is_refused(string text) => Assert.Throws<FormatException>(() => DeviceRule.Parse(text));

    [Fact]
    public void Accesses_of_one_node_are_joined_and_the_order_is_always_the_same() => Assert.Equal("b 1:3 r, c 1:* w, c 1:3 rw, c 10:1 r",
        string.Join(", ", DeviceRule.Canonical([.. new[] { "c 10:1 r", "c 1:3 w", "b 1:3 r", "c 1:3 r", "c 1:* w" }.Select(DeviceRule.Parse)])));

    [Theory]
    [InlineData("/dev/null", "c 1:3 rw"), InlineData("/proc/self/fd/../../../dev/zero", "c 1:5 rw")]
    public void A_node_is_known_by_its_numbers(string path, string rule)
    {
        Assert.Equal(0, DeviceNode.Look(path, out var found));
        Assert.Equal(rule, found.ToString());
    }

    [Theory]
    [InlineData("/etc/passwd", "it is no device node"), InlineData("/no/such", "ENOENT (2): No such file or directory")]
    public void What_is_no_node_is_told(string path, string why) => Assert.Equal(why, DeviceNode.Describe(DeviceNode.Look(path, out _)));
}
